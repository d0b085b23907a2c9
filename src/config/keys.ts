// Every setting: its key, its flag, its default, and what it is for. Feeds help, docs/operations.md and config/config.ts, which reads them. Not their values.

import * as value from "./values.ts";

/** One setting, as help, docs/operations.md and main.ts need it. */
export interface ConfigKey {
  readonly key: string;
  /** As commander spells it: "--port <number>". */
  readonly flag?: string;
  /** For people; "" when there is none. */
  readonly default: string;
  readonly what: string;
}

/** A setting with the reader of its text. */
export interface Setting<T> extends ConfigKey {
  readonly read: value.Reader<T>;
  /** Never shown, and a mistake when set but empty; any other setting that is empty counts as not set. */
  readonly secret?: true;
}

/** Shuts down in February 2027 at the earliest, unlike whisper-1 and gpt-4o-transcribe: https://developers.openai.com/api/docs/deprecations */
export const defaultTranscriptionModel = "gpt-transcribe";

const defaultInstructions = [
  "You answer the telephone. The caller hears you over a telephone line and sees nothing: no lists, no headings, no links, no emoji.",
  "Speak the caller's language; until you know it, speak English. Be warm, calm and brief: one or two short sentences, then let the caller speak.",
  "Ask one question at a time. Say numbers, dates, codes and addresses slowly, in small groups, and have what matters repeated back to you.",
  "When you did not understand, or a word could be another, say so and ask; never guess a name, a number or an amount.",
  "Say only what you know. You cannot look things up, send messages, transfer the call or promise that somebody will do something.",
  "When the caller presses a key, you are told which. When the caller is done, say goodbye in one short sentence.",
].join("\n");

/** Longest text of ours that TwiML's <Say> is given; Twilio's limit is 4096 characters (https://www.twilio.com/docs/voice/twiml/say). */
const MAX_SENTENCE_CHARS = 1_000;
/** Longest instructions: about 12,000 tokens of English, of the 16,384 that a Realtime session takes (https://developers.openai.com/api/docs/models). */
const MAX_INSTRUCTIONS_CHARS = 50_000;
/** Longest path of a file: PATH_MAX of Linux, <linux/limits.h>. */
const MAX_PATH_CHARS = 4_096;

const sentence = value.words(MAX_SENTENCE_CHARS);

/** The file of settings; not itself a setting of the file. */
export const envFileKey: ConfigKey = {
  key: "VOICE_ENV_FILE",
  flag: "--env-file <file>",
  default: "",
  what: "File of KEY=value lines; the environment goes before it. An .env is read only when named here.",
};

/** Every setting but the env file, in the order of the documentation. */
export const settings = {
  host: { key: "HOST", flag: "--host <address>", default: "0.0.0.0", what: "Address to listen on.", read: value.address },
  port: {
    key: "PORT",
    flag: "--port <number>",
    default: "8080",
    what: "Port to listen on; 0 for any free one.",
    read: value.wholeNumber(0, 65_535, "8080"),
  },
  publicUrl: {
    key: "PUBLIC_URL",
    flag: "--public-url <url>",
    default: "",
    what: "The https:// address under which Twilio reaches this server; unset: as each request's headers tell it.",
    read: value.publicUrl,
  },
  twilioAuthToken: {
    key: "TWILIO_AUTH_TOKEN",
    default: "",
    what: "Twilio's Auth Token, which signs its requests; unset: only callers on this machine, built-in agent.",
    read: value.authToken,
    secret: true,
  },
  allowUnsigned: {
    key: "VOICE_ALLOW_UNSIGNED",
    flag: "--allow-unsigned",
    default: "0",
    what: "1: without an Auth Token, take unsigned calls from anywhere. For a laboratory.",
    read: value.yesOrNo,
  },
  directStream: {
    key: "VOICE_DIRECT_STREAM",
    default: "0",
    what: "1: take a stream with a valid signature alone, for TwiML written by hand.",
    read: value.yesOrNo,
  },
  accountSid: {
    key: "TWILIO_ACCOUNT_SID",
    default: "",
    what: "Twilio's Account SID; only voice check and voice doctor ask for it, to look at the account.",
    read: value.accountSid,
  },
  phoneNumber: {
    key: "TWILIO_PHONE_NUMBER",
    default: "",
    what: "The number that callers dial, as +15551234567; only voice check asks for it, to look at what it points to.",
    read: value.phoneNumber,
  },
  apiKey: {
    key: "OPENAI_API_KEY",
    default: "",
    what: "OpenAI's key; unset: the built-in agent answers.",
    read: value.apiKey,
    secret: true,
  },
  model: { key: "OPENAI_MODEL", default: "gpt-realtime-2.1", what: "The Realtime model.", read: value.modelName },
  realtimeUrl: {
    key: "OPENAI_BASE_URL",
    default: "https://api.openai.com/v1",
    what: "Where the model is, as OpenAI's SDKs have it; http:// or ws:// means a plain socket.",
    read: value.realtimeUrl,
  },
  instructions: {
    key: "VOICE_INSTRUCTIONS",
    default: defaultInstructions,
    what: "Who the agent is and how it speaks.",
    read: value.words(MAX_INSTRUCTIONS_CHARS),
  },
  greeting: {
    key: "VOICE_GREETING",
    default: "Greet the caller in one short, friendly sentence and ask how you can help.",
    what: "What the agent is asked to open the call with.",
    read: sentence,
  },
  transcriptionModel: {
    key: "OPENAI_TRANSCRIPTION_MODEL",
    default: "", // which depends on OPENAI_BASE_URL: config/config.ts
    what: `The model that writes down what the caller says, or "off"; unset: ${defaultTranscriptionModel}, and off with another server than OpenAI's.`,
    read: value.modelName,
  },
  voiceName: { key: "VOICE_NAME", default: "marin", what: "The model's voice.", read: value.voiceName },
  language: { key: "VOICE_LANGUAGE", default: "en-US", what: "Language of the sentences below, BCP 47.", read: value.languageTag },
  apology: {
    key: "VOICE_SENTENCE_APOLOGY",
    default: "I am sorry, something went wrong on our side. Please call again in a few minutes.",
    what: "Said when the agent cannot go on.",
    read: sentence,
  },
  goodbye: {
    key: "VOICE_SENTENCE_GOODBYE",
    default: "Thank you for calling. Goodbye.",
    what: "Said when a call is ended on purpose.",
    read: sentence,
  },
  draining: {
    key: "VOICE_SENTENCE_DRAINING",
    default: "I am sorry, this line is being restarted. Please call again in a minute.",
    what: "Said to whoever calls while the server is being stopped.",
    read: sentence,
  },
  misconfigured: {
    key: "VOICE_SENTENCE_MISCONFIGURED",
    default: "I am sorry, this line is not set up correctly.",
    what: "Said when the set-up is at fault.",
    read: sentence,
  },
  transferring: {
    key: "VOICE_SENTENCE_TRANSFERRING",
    default: "One moment please, I am putting you through to a colleague.",
    what: "Said before the call is handed to VOICE_TRANSFER_TO.",
    read: sentence,
  },
  busySentence: {
    key: "VOICE_SENTENCE_BUSY",
    default: "I am sorry, all our lines are busy. Please call again in a few minutes.",
    what: "Said to whoever calls when no more calls can be taken.",
    read: sentence,
  },
  transferTo: {
    key: "VOICE_TRANSFER_TO",
    default: "",
    what: "The person who takes the call when the agent cannot: a number as +15551234567, or a sip: address; unset: nobody.",
    read: value.transferTarget,
  },
  alertUrl: {
    key: "VOICE_ALERT_URL",
    default: "",
    what: "The https:// address that is told, by a signed POST, when callers heard an apology or were handed over; unset: nobody.",
    read: value.alertUrl,
  },
  busy: {
    key: "VOICE_BUSY",
    default: "say",
    what: "What a caller gets when no more calls can be taken: say (the sentence), or reject (a busy tone, which costs nothing).",
    read: value.oneOf("say", "reject"),
  },
  drainMs: {
    key: "VOICE_DRAIN_MS",
    default: "120000",
    what: "How long running calls may go on after SIGTERM, milliseconds.",
    read: value.wholeNumber(0, 86_400_000, "120000"),
  },
  maxCalls: {
    key: "VOICE_MAX_CALLS",
    default: "200",
    what: "Most calls at the same time; one core carries about 300.",
    read: value.wholeNumber(1, 100_000, "200"),
  },
  maxMemoryMb: {
    key: "VOICE_MAX_MEMORY_MB",
    default: "",
    what: "Resident memory from which no new call is taken, MiB; unset: no bound.",
    read: value.wholeNumber(64, 1_048_576, "512"),
  },
  recordsFile: {
    key: "VOICE_RECORDS",
    default: "",
    what: "File to which call records are appended, one JSON line each, telephone numbers in full; unset: none are kept.",
    read: value.words(MAX_PATH_CHARS),
  },
  logFormat: {
    key: "VOICE_LOG_FORMAT",
    flag: "--log-format <format>",
    default: "auto",
    what: "pretty, json, or auto: pretty on a terminal, else json.",
    read: value.oneOf("auto", "json", "pretty"),
  },
  logLevel: {
    key: "VOICE_LOG_LEVEL",
    flag: "--log-level <level>",
    default: "info",
    what: "Lowest level written: debug, info, warning or error.",
    read: value.oneOf("debug", "info", "warning", "error"),
  },
} as const satisfies Readonly<Record<string, Setting<string | number | boolean>>>;
