// Every setting: key, flag, default, and purpose, for --help, docs/operations.md and config.ts, which reads the values.

import * as value from "./values.ts";

export interface ConfigKey {
  readonly key: string;
  /** As commander spells it: "--port <number>". */
  readonly flag?: string;
  /** As shown to users; "" for none. */
  readonly default: string;
  readonly what: string;
}

export interface Setting<T> extends ConfigKey {
  readonly read: value.Reader<T>;
  /** Never shown, and an error when set but empty. Any other empty setting counts as unset. */
  readonly secret?: true;
  /** May have a password, a key or a token in it: messages show the rest only. */
  readonly url?: true;
}

/** Has no announced end, unlike whisper-1 and gpt-4o-transcribe (February 2027): https://developers.openai.com/api/docs/deprecations */
export const defaultTranscriptionModel = "gpt-transcribe";

const defaultInstructions = [
  "You answer the telephone. The caller hears you over a telephone line and sees nothing: no lists, no headings, no links, no emoji.",
  "Speak the caller's language; until you know it, speak English. Be warm, calm and brief: one or two short sentences, then let the caller speak.",
  "Ask one question at a time. Say numbers, dates, codes and addresses slowly, in small groups, and have what matters repeated back to you.",
  "When you did not understand, or are not sure of a word, say so and ask; never guess a name, a number or an amount.",
  "Say only what you know. You cannot look things up, send messages, transfer the call or promise that someone will do something.",
  "When the caller presses a key, you are told which. When the caller is done, say goodbye in one short sentence.",
].join("\n");

/** Longest text for <Say>. Twilio's limit is 4096 characters: https://www.twilio.com/docs/voice/twiml/say */
const MAX_SENTENCE_CHARS = 1_000;
/** About 12,000 tokens of English; a Realtime session takes 16,384: https://developers.openai.com/api/docs/models */
const MAX_INSTRUCTIONS_CHARS = 50_000;
const MAX_RESOURCE_NAME_CHARS = 255;
/** PATH_MAX in <linux/limits.h>. */
const MAX_PATH_CHARS = 4_096;

const sentence = value.text(MAX_SENTENCE_CHARS);

/** The file with settings; it cannot itself be set in the file. */
export const envFileKey: ConfigKey = {
  key: "VOICE_ENV_FILE",
  flag: "--env-file <file>",
  default: "",
  what: "File of KEY=value lines. Environment variables override it. A .env file is read only if named here.",
};

/** Every setting except the env file, in the order of --help and the documentation. */
export const settings = {
  agentsFile: {
    key: "VOICE_CONFIG",
    flag: "--config <file>",
    default: "",
    what: "File that says who answers which number (docs/agents.md); default: voice.toml in the working directory or in systemd's StateDirectory=, if it is there.",
    read: value.text(MAX_PATH_CHARS),
  },
  stateFolder: {
    key: "VOICE_STATE",
    flag: "--state <folder>",
    default: "", // depends on the environment: config.ts
    what: "Folder where voice keeps what must outlast it, such as past calls, or off; default: systemd's StateDirectory=, otherwise ~/.local/share/voice.",
    read: value.text(MAX_PATH_CHARS),
  },
  host: { key: "HOST", flag: "--host <address>", default: "0.0.0.0", what: "Address to listen on.", read: value.address },
  port: {
    key: "PORT",
    flag: "--port <number>",
    default: "8080",
    what: "Port to listen on; 0 picks a free one.",
    read: value.wholeNumber(0, 65_535, "8080"),
  },
  publicUrl: {
    key: "PUBLIC_URL",
    flag: "--public-url <url>",
    default: "",
    what: "The https:// URL that Twilio calls; default: taken from each request's headers.",
    read: value.publicUrl,
    url: true,
  },
  twilioAuthToken: {
    key: "TWILIO_AUTH_TOKEN",
    default: "",
    what: "Twilio Auth Token, which proves that requests come from Twilio. Without it, only local calls are accepted, and the built-in agent answers.",
    read: value.authToken,
    secret: true,
  },
  allowUnsigned: {
    key: "VOICE_ALLOW_UNSIGNED",
    flag: "--allow-unsigned",
    default: "0",
    what: "1: without an Auth Token, accept unsigned calls from anywhere. For tests only.",
    read: value.yesOrNo,
  },
  directStream: {
    key: "VOICE_DIRECT_STREAM",
    default: "0",
    what: "1: accept streams by their signature alone, without a token from the webhook. For hand-written TwiML.",
    read: value.yesOrNo,
  },
  accountSid: {
    key: "TWILIO_ACCOUNT_SID",
    default: "",
    what: "Twilio Account SID. Used only by voice check, voice doctor and voice why, to read the account's settings and errors.",
    read: value.accountSid,
  },
  phoneNumber: {
    key: "TWILIO_PHONE_NUMBER",
    default: "",
    what: "The number that callers dial, such as +15551234567. Used only by voice check, to read where its calls go.",
    read: value.phoneNumber,
  },
  apiKey: {
    key: "OPENAI_API_KEY",
    default: "",
    what: "OpenAI API key. Without it, the built-in agent answers.",
    read: value.apiKey,
    secret: true,
  },
  model: { key: "OPENAI_MODEL", default: "gpt-realtime-2.1", what: "Realtime model.", read: value.modelName },
  realtimeUrl: {
    key: "OPENAI_BASE_URL",
    default: "https://api.openai.com/v1",
    what: "Base URL of the model's API, as in the OpenAI SDKs; http:// and ws:// connect without TLS.",
    read: value.realtimeUrl,
    url: true,
  },
  instructions: {
    key: "VOICE_INSTRUCTIONS",
    default: defaultInstructions,
    what: "Instructions for the agent: who it is and how it speaks.",
    read: value.text(MAX_INSTRUCTIONS_CHARS),
  },
  greeting: {
    key: "VOICE_GREETING",
    default: "Greet the caller in one short, friendly sentence and ask how you can help.",
    what: "Instruction for the agent's first words.",
    read: sentence,
  },
  transcriptionModel: {
    key: "OPENAI_TRANSCRIPTION_MODEL",
    default: "", // depends on OPENAI_BASE_URL: config.ts
    what: `Model that transcribes the caller, or "off"; default: ${defaultTranscriptionModel} with OpenAI, off with any other server.`,
    read: value.modelName,
  },
  voiceName: { key: "VOICE_NAME", default: "marin", what: "Voice of the model.", read: value.voiceName },
  language: { key: "VOICE_LANGUAGE", default: "en-US", what: "Language of the messages below, as a BCP 47 tag.", read: value.languageTag },
  apology: {
    key: "VOICE_SENTENCE_APOLOGY",
    default: "I am sorry, something went wrong on our side. Please call again in a few minutes.",
    what: "Message when a failure ends the call.",
    read: sentence,
  },
  goodbye: {
    key: "VOICE_SENTENCE_GOODBYE",
    default: "Thank you for calling. Goodbye.",
    what: "Message when a call ends without a failure.",
    read: sentence,
  },
  draining: {
    key: "VOICE_SENTENCE_DRAINING",
    default: "I am sorry, this line is being restarted. Please call again in a minute.",
    what: "Message for calls that arrive while the server is stopping.",
    read: sentence,
  },
  misconfigured: {
    key: "VOICE_SENTENCE_MISCONFIGURED",
    default: "I am sorry, this line is not set up correctly.",
    what: "Message when a request's signature is invalid, as with a wrong Auth Token or PUBLIC_URL.",
    read: sentence,
  },
  transferring: {
    key: "VOICE_SENTENCE_TRANSFERRING",
    default: "One moment please, I am putting you through to a colleague.",
    what: "Message before a transfer to VOICE_TRANSFER_TO.",
    read: sentence,
  },
  busySentence: {
    key: "VOICE_SENTENCE_BUSY",
    default: "I am sorry, all our lines are busy. Please call again in a few minutes.",
    what: "Message when the server is at its limit of calls or memory, or an agent has spent its budget for the day.",
    read: sentence,
  },
  transferTo: {
    key: "VOICE_TRANSFER_TO",
    default: "",
    what: "Where calls are transferred when the agent fails: a number such as +15551234567, or a sip: address; default: no transfer.",
    read: value.transferTarget,
    url: true,
  },
  alertUrl: {
    key: "VOICE_ALERT_URL",
    default: "",
    what: "https:// URL that receives a signed POST when a caller got a message or a transfer because something failed; default: none.",
    read: value.alertUrl,
    url: true,
  },
  busy: {
    key: "VOICE_BUSY",
    default: "say",
    what: "Answer when the server is at its limit: say (the message), or reject (a busy tone, free of charge).",
    read: value.oneOf("say", "reject"),
  },
  drainMs: {
    key: "VOICE_DRAIN_MS",
    default: "120000",
    what: "How long calls may go on after SIGTERM (ms).",
    read: value.wholeNumber(0, 86_400_000, "120000"),
  },
  maxCalls: {
    key: "VOICE_MAX_CALLS",
    default: "200",
    what: "Maximum number of concurrent calls; one core handles about 300.",
    read: value.wholeNumber(1, 100_000, "200"),
  },
  maxMemoryMb: {
    key: "VOICE_MAX_MEMORY_MB",
    default: "",
    what: "Refuse new calls above this memory (MiB); default: no limit.",
    read: value.wholeNumber(64, 1_048_576, "512"),
  },
  consoleAccess: {
    key: "VOICE_CONSOLE",
    default: "local",
    what: "Who may open /console, with the link that voice prints: local (browsers on this machine), public (any), or off.",
    read: value.oneOf("local", "public", "off"),
  },
  recordsFile: {
    key: "VOICE_RECORDS",
    default: "",
    what: "File that receives one JSON line per call, with telephone numbers in full; default: no records.",
    read: value.text(MAX_PATH_CHARS),
  },
  metricsListen: {
    key: "VOICE_METRICS_LISTEN",
    flag: "--metrics-listen <address>",
    default: "",
    what: "ADDRESS:PORT where /metrics is served as well, to anyone who can reach it; default: only to this machine, or with the token.",
    read: value.listenAddress,
  },
  metricsToken: {
    key: "VOICE_METRICS_TOKEN",
    default: "",
    what: "Bearer token with which other machines may read /metrics.",
    read: value.bearerToken,
    secret: true,
  },
  otlpEndpoint: {
    key: "OTEL_EXPORTER_OTLP_ENDPOINT",
    default: "",
    what: "URL of an OpenTelemetry collector that receives a trace of each call, as OTLP over HTTP; /v1/traces is appended.",
    read: value.collectorUrl,
    url: true,
  },
  otlpTracesEndpoint: {
    key: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    default: "",
    what: "The same, for traces only, with its path; overrides OTEL_EXPORTER_OTLP_ENDPOINT.",
    read: value.collectorUrl,
    url: true,
  },
  otelDisabled: {
    key: "OTEL_SDK_DISABLED",
    default: "false",
    what: "true: no traces, whatever else is set.",
    read: value.yesOrNo,
  },
  otlpHeaders: {
    key: "OTEL_EXPORTER_OTLP_HEADERS",
    default: "",
    what: "Headers for the collector: name=value pairs, separated by commas, percent-encoded.",
    read: value.keyValuePairs,
    secret: true,
  },
  resourceName: {
    key: "OTEL_SERVICE_NAME",
    default: "",
    what: "service.name of the traces; default: the one in OTEL_RESOURCE_ATTRIBUTES, or voice.",
    read: value.text(MAX_RESOURCE_NAME_CHARS),
  },
  resourceAttributes: {
    key: "OTEL_RESOURCE_ATTRIBUTES",
    default: "",
    what: "Attributes of all traces: name=value pairs, separated by commas, percent-encoded.",
    read: value.keyValuePairs,
  },
  tracesSampler: {
    key: "OTEL_TRACES_SAMPLER",
    default: "parentbased_always_on",
    what: "Which calls are traced: always_on, always_off or traceidratio, with or without parentbased_ (a call has no parent).",
    read: value.oneOf(
      "always_on",
      "always_off",
      "traceidratio",
      "parentbased_always_on",
      "parentbased_always_off",
      "parentbased_traceidratio",
    ),
  },
  tracesSamplerArg: {
    key: "OTEL_TRACES_SAMPLER_ARG",
    default: "1",
    what: "For traceidratio: the share of calls that are traced, from 0 to 1.",
    read: value.share,
  },
  captureContent: {
    key: "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
    default: "false",
    what: "Whether traces have what was said, as transcripts: true or SPAN_ONLY.",
    read: value.captureContent,
  },
  logFormat: {
    key: "VOICE_LOG_FORMAT",
    flag: "--log-format <format>",
    default: "auto",
    what: "pretty, json, or auto: pretty on a terminal, otherwise json.",
    read: value.oneOf("auto", "json", "pretty"),
  },
  logLevel: {
    key: "VOICE_LOG_LEVEL",
    flag: "--log-level <level>",
    default: "info",
    what: "Lowest level that is logged: debug, info, warning or error.",
    read: value.oneOf("debug", "info", "warning", "error"),
  },
} as const satisfies Readonly<Record<string, Setting<string | number | boolean | value.ListenAddress | value.Pairs>>>;
