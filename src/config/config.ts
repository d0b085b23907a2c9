// Environment and flags -> one frozen Config, every mistake reported at once. The only reader of the process's environment.
// Not the settings (config/keys.ts, and config/values.ts for their kinds), not the command line and not how a mistake is shown (main.ts).

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseEnv } from "node:util";
import type { Sentence } from "../call/effects.ts";
import { type ConfigKey, defaultTranscriptionModel, envFileKey, type Setting, settings } from "./keys.ts";
import { nearest } from "./values.ts";

/** Who answers when somebody calls. */
export type AgentConfig =
  | {
      readonly type: "openai";
      readonly apiKey: string;
      readonly model: string;
      /** The WebSocket URL to dial, without the model: wss://api.openai.com/v1/realtime */
      readonly realtimeUrl: string;
    }
  | { readonly type: "builtIn" };

/** What systemd told us in the environment; see adapters/systemd/notifier.ts. */
export interface SystemdConfig {
  /** Where to send readiness, sd_notify(3); undefined: nobody waits for it. */
  readonly notifySocket: string | undefined;
  /** Longest time between two keep-alives, microseconds, sd_watchdog_enabled(3); undefined: no watchdog. */
  readonly watchdogUsec: number | undefined;
}

/** The whole configuration, checked. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Origin under which Twilio reaches us, https://host[:port], perhaps with a path prefix, no trailing slash; undefined: from each request's headers. */
  readonly publicUrl: string | undefined;
  /** Undefined: only callers on this machine, built-in agent. */
  readonly twilioAuthToken: string | undefined;
  /** Of no use but to `voice check`. TWILIO_ACCOUNT_SID. */
  readonly accountSid: string | undefined;
  /** E.164; of no use but to `voice check`. TWILIO_PHONE_NUMBER. */
  readonly phoneNumber: string | undefined;
  readonly allowUnsigned: boolean;
  /** VOICE_DIRECT_STREAM=1 */
  readonly directStream: boolean;
  readonly agent: AgentConfig;
  readonly instructions: string;
  /** What the agent is asked to open with. */
  readonly greeting: string;
  /** The voice: VOICE_NAME. */
  readonly voiceName: string;
  /** The model that writes down what the caller says; null: nobody does. */
  readonly transcriptionModel: string | null;
  readonly sentences: Readonly<Record<Sentence, string>>;
  /** BCP 47 tag of the sentences, for <Say language>. */
  readonly language: string;
  /** Who takes the call when the agent cannot, E.164 or a sip: URI; undefined: nobody. VOICE_TRANSFER_TO. */
  readonly transferTo: string | undefined;
  /** Who is told when the ladder had to speak, an https URL (http on loopback); undefined: nobody. VOICE_ALERT_URL. */
  readonly alertUrl: string | undefined;
  /** What a caller gets who is one too many. VOICE_BUSY. */
  readonly busy: "say" | "reject";
  readonly drainMs: number;
  readonly maxCalls: number;
  /** Resident memory from which no new call is taken, MiB; undefined: no bound. VOICE_MAX_MEMORY_MB. */
  readonly maxMemoryMb: number | undefined;
  /** File to which call records are appended as JSON lines; undefined: none. */
  readonly recordsFile: string | undefined;
  readonly logFormat: "pretty" | "json" | "auto";
  readonly logLevel: "debug" | "info" | "warning" | "error";
  /** False when NO_COLOR is set and not empty (https://no-color.org); whether there is a terminal is another matter. */
  readonly colors: boolean;
  /** Values that no log line may show: the token and the key, where they are set. */
  readonly secrets: readonly string[];
  readonly systemd: SystemdConfig;
  /** Whether an .env lies in the working directory and was not read, for want of --env-file. */
  readonly envFileIgnored: boolean;
}

/** One thing that is wrong with the configuration, or (a warning) probably is. `value` never shows a secret. */
export interface Mistake {
  /** Where it stands: "PORT", "--port", "the credential openai_api_key". */
  readonly what: string;
  readonly value: string;
  readonly expected: string;
  readonly hint: string;
}

/** What {@link readConfig} returns: a configuration with warnings, or every mistake there is. */
export type ConfigResult = { readonly config: Config; readonly warnings: readonly Mistake[] } | { readonly mistakes: readonly Mistake[] };

/** Every setting there is: feeds help, docs/operations.md and the tidy test. */
export const configKeys: readonly ConfigKey[] = [envFileKey, ...Object.values(settings)];

type Env = Readonly<Record<string, string | undefined>>;

/** One place that values come from, and how a value from there is called in a mistake. */
interface Source {
  get(key: string): string | undefined;
  name(key: ConfigKey): string;
}

function readEnvFile(path: string | undefined, mistakes: Mistake[]): Env {
  if (!path) return {};
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch (error) {
    mistakes.push({ what: "--env-file", value: path, expected: "a readable file of KEY=value lines", hint: (error as Error).message });
    return {};
  }
}

/** systemd's credentials, one file each, named as the setting in small letters: systemd.exec(5), LoadCredential=. */
function readCredentials(folder: string | undefined, mistakes: Mistake[]): Env {
  const found: Record<string, string> = {};
  for (const { key } of folder ? Object.values(settings).filter((one) => "secret" in one) : []) {
    const path = join(folder ?? "", key.toLowerCase());
    try {
      if (existsSync(path)) found[key] = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      mistakes.push({ what: key, value: path, expected: "a readable file with the credential", hint: (error as Error).message });
    }
  }
  return found;
}

/** The setting's value, its default, or undefined when there is none; a wrong one is noted. */
function readSetting<T>(setting: Setting<T>, sources: readonly Source[], mistakes: Mistake[]): T | undefined {
  const source = sources.find(({ get }) => (setting.secret ? get(setting.key) !== undefined : get(setting.key)));
  const text = source?.get(setting.key) ?? setting.default;
  if (source === undefined && text === "") return undefined;
  const value = setting.read(text);
  if (typeof value !== "object" || value === null || !("expected" in value)) return value;
  const shown = setting.secret
    ? `(${text.length} characters, not shown)`
    : JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  const what = source?.name(setting) ?? setting.key;
  mistakes.push({ what, value: text === "" ? "(empty)" : shown, expected: value.expected, hint: value.hint });
  return undefined;
}

/** What is odd but does not stop us: misspelt settings, and settings without effect. */
function findWarnings(env: Env, hasKey: boolean): Mistake[] {
  const known = configKeys.map(({ key }) => key);
  const unknown = Object.keys(env).filter((key) => key.startsWith("VOICE_") && !known.includes(key));
  const warnings = unknown.map((key) => ({
    what: key,
    value: "(not shown)", // whoever misspells a name may have put a key behind it
    expected: "a setting that voice knows",
    hint: `did you mean ${nearest(key, known)}?`,
  }));
  if (env.OPENAI_BASE_URL && !hasKey) {
    const hint = "set OPENAI_API_KEY too; a server of your own that wants none takes any word";
    warnings.push({
      what: "OPENAI_BASE_URL",
      value: env.OPENAI_BASE_URL,
      expected: "OPENAI_API_KEY beside it, else the built-in agent answers",
      hint,
    });
  }
  return warnings;
}

function readSystemd(env: Env): SystemdConfig {
  const usec = Number(env.WATCHDOG_USEC);
  // sd_watchdog_enabled(3): when WATCHDOG_PID names another process, the watchdog is not ours.
  const ours = env.WATCHDOG_PID === undefined || env.WATCHDOG_PID === String(process.pid);
  return { notifySocket: env.NOTIFY_SOCKET || undefined, watchdogUsec: ours && usec > 0 ? usec : undefined };
}

/** Who writes down the caller's words: a server that only speaks as OpenAI's does may refuse a model that it has not, and with it the session. OpenAI has further hosts by region, eu.api.openai.com. */
function transcriptionModel(set: string | undefined, realtimeUrl: string | undefined): string | null {
  if (set !== undefined) return set === "off" ? null : set;
  return /(^|\.)api\.openai\.com$/.test(URL.parse(realtimeUrl ?? "")?.hostname ?? "") ? defaultTranscriptionModel : null;
}

function readSentences(get: <T>(setting: Setting<T>) => T): Config["sentences"] {
  return Object.freeze({
    apology: get(settings.apology),
    goodbye: get(settings.goodbye),
    draining: get(settings.draining),
    misconfigured: get(settings.misconfigured),
    transferring: get(settings.transferring),
    busy: get(settings.busySentence),
  });
}

/**
 * Reads the configuration: flags (by the key they stand for, e.g. { PORT: "80" }) go before the environment, that before the env file, that before
 * systemd's credentials. Returns it frozen, or every mistake at once. Never throws.
 */
export function readConfig(flags: Env, env: Env = process.env, folder: string = "."): ConfigResult {
  const mistakes: Mistake[] = [];
  const envFile = flags[envFileKey.key] ?? env[envFileKey.key];
  const file = readEnvFile(envFile, mistakes);
  const credentials = readCredentials(env.CREDENTIALS_DIRECTORY, mistakes);
  const sources: readonly Source[] = [
    { get: (name) => flags[name], name: ({ flag, key: name }) => flag?.split(" ")[0] ?? name },
    { get: (name) => env[name], name: ({ key: name }) => name },
    { get: (name) => file[name], name: ({ key: name }) => `${name} in ${envFile}` },
    { get: (name) => credentials[name], name: ({ key: name }) => `the credential ${name.toLowerCase()}` },
  ];
  const find = <T>(setting: Setting<T>): T | undefined => readSetting(setting, sources, mistakes);
  const get = <T>(setting: Setting<T>): T => find(setting) as T; // has a default: undefined only beside a mistake, and then there is no config
  const key = find(settings.apiKey);
  const model = get(settings.model);
  const realtimeUrl = get(settings.realtimeUrl);
  const agent: AgentConfig = key === undefined ? { type: "builtIn" } : { type: "openai", apiKey: key, model, realtimeUrl };
  const twilioAuthToken = find(settings.twilioAuthToken);
  const config: Config = {
    host: get(settings.host),
    port: get(settings.port),
    publicUrl: find(settings.publicUrl),
    twilioAuthToken,
    accountSid: find(settings.accountSid),
    phoneNumber: find(settings.phoneNumber),
    allowUnsigned: get(settings.allowUnsigned),
    directStream: get(settings.directStream),
    agent: Object.freeze(agent),
    instructions: get(settings.instructions),
    greeting: get(settings.greeting),
    voiceName: get(settings.voiceName),
    transcriptionModel: transcriptionModel(find(settings.transcriptionModel), realtimeUrl),
    sentences: readSentences(get),
    language: get(settings.language),
    transferTo: find(settings.transferTo),
    alertUrl: find(settings.alertUrl),
    busy: get(settings.busy),
    drainMs: get(settings.drainMs),
    maxCalls: get(settings.maxCalls),
    maxMemoryMb: find(settings.maxMemoryMb),
    recordsFile: find(settings.recordsFile),
    logFormat: get(settings.logFormat),
    logLevel: get(settings.logLevel),
    colors: !env.NO_COLOR,
    secrets: Object.freeze([twilioAuthToken, key].filter((secret) => secret !== undefined)),
    systemd: Object.freeze(readSystemd(env)),
    envFileIgnored: !envFile && existsSync(join(folder, ".env")),
  };
  if (mistakes.length > 0) return { mistakes };
  return { config: Object.freeze(config), warnings: findWarnings({ ...file, ...env }, key !== undefined) };
}

/** What `voice doctor` takes from the environment: it looks at somebody's server, and needs no setting of this one. */
export interface DoctorEnvironment {
  readonly authToken: string | undefined;
  readonly accountSid: string | undefined;
  /** File of authorities in place of the system's (OpenSSL's SSL_CERT_FILE), and one of more of them (NODE_EXTRA_CA_CERTS). */
  readonly certFile: string | undefined;
  readonly extraCertFile: string | undefined;
}

/** Reads it. Never throws. */
export function readDoctorEnvironment(env: Env = process.env): DoctorEnvironment {
  return {
    authToken: env.TWILIO_AUTH_TOKEN || undefined,
    accountSid: env.TWILIO_ACCOUNT_SID || undefined,
    certFile: env.SSL_CERT_FILE || undefined,
    extraCertFile: env.NODE_EXTRA_CA_CERTS || undefined,
  };
}
