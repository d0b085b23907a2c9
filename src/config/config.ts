// Reads flags, environment, env file and systemd credentials into one frozen Config, or reports every mistake at once.
// Only this file reads the process's environment. The settings: keys.ts. Their values: values.ts. Printing mistakes:
// main.ts.

import { existsSync, lstatSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import process from "node:process";
import type { Sentence } from "../call/effects.ts";
import type { AgentBook, ModelChoice } from "./agents/agent.ts";
import { type AgentDefaults, bookOfSettings } from "./agents/default-agent.ts";
import { type EnvFile, readCredential, readEnvFile } from "./env-file.ts";
import { type ConfigKey, defaultTranscriptionModel, envFileKey, type Setting, settings } from "./keys.ts";
import { findMisspelt } from "./misspelt.ts";
import type { Mistake } from "./mistake.ts";
import { readTraces, type TracesConfig } from "./traces.ts";
import { type ListenAddress, secretsOf, shownText, shownUrl } from "./values.ts";

/** From systemd, through the environment; used by adapters/systemd/notifier.ts. */
export interface SystemdConfig {
  /** Socket for sd_notify(3); undefined: not started by systemd with Type=notify. */
  readonly notifySocket: string | undefined;
  /** Longest time between two keep-alives, sd_watchdog_enabled(3); undefined: no watchdog. */
  readonly watchdogUsec: number | undefined;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  /** https://host[:port], with an optional path prefix, no trailing slash; undefined: taken from each request's headers. */
  readonly publicUrl: string | undefined;
  /** Undefined: only local calls, answered by the built-in agent. */
  readonly twilioAuthToken: string | undefined;
  /** For `voice check`. */
  readonly accountSid: string | undefined;
  /** E.164. For `voice check`. */
  readonly phoneNumber: string | undefined;
  readonly allowUnsigned: boolean;
  readonly directStream: boolean;
  /** The path of voice.toml; undefined: there is none. */
  readonly agentsFile: string | undefined;
  /** Where voice keeps what must outlast it, such as past calls. Undefined: nowhere. It may not exist yet. */
  readonly stateFolder: string | undefined;
  /** Who answers: what voice.toml says (`loadConfig`), or one agent by the settings. */
  readonly agents: AgentBook;
  readonly sentences: Readonly<Record<Sentence, string>>;
  /** BCP 47 tag of `sentences`, for <Say language>. */
  readonly language: string;
  /** Number in E.164 or sip: URI; undefined: no transfers. */
  readonly transferTo: string | undefined;
  /** https URL, or http on loopback; undefined: no alerts. */
  readonly alertUrl: string | undefined;
  /** The answer at the limit of calls or memory. */
  readonly busy: "say" | "reject";
  readonly drainMs: number;
  readonly maxCalls: number;
  /** Resident memory, MiB, above which new calls are refused; undefined: no limit. */
  readonly maxMemoryMb: number | undefined;
  /** Undefined: no call records. */
  /** Who may open the console. */
  readonly consoleAccess: "local" | "public" | "off";
  readonly recordsFile: string | undefined;
  /** A second address that serves /metrics only. */
  readonly metricsListen: ListenAddress | undefined;
  /** Undefined: on the main port only this machine may read /metrics. */
  readonly metricsToken: string | undefined;
  /** Undefined: nothing is traced. */
  readonly traces: TracesConfig | undefined;
  readonly logFormat: "pretty" | "json" | "auto";
  readonly logLevel: "debug" | "info" | "warning" | "error";
  /** False when NO_COLOR is set and not empty (https://no-color.org). Says nothing about a terminal. */
  readonly colors: boolean;
  /** Values that no log line may show: the tokens and the key, if set, and what is secret in the alert URL. */
  readonly secrets: readonly string[];
  readonly systemd: SystemdConfig;
  /** Whether the working directory has a .env file that was not loaded, because --env-file did not name it. */
  readonly envFileIgnored: boolean;
}

export type ConfigResult = { readonly config: Config; readonly warnings: readonly Mistake[] } | { readonly mistakes: readonly Mistake[] };

/** Every setting, for --help, docs/operations.md and its test. */
export const configKeys: readonly ConfigKey[] = [envFileKey, ...Object.values(settings)];

/** Of a value in a mistake. */
const MAX_SHOWN_CHARS = 80;

const secretKeys = Object.values(settings).flatMap((setting) => ("secret" in setting ? [setting.key] : []));

type Env = Readonly<Record<string, string | undefined>>;

/** Where values come from, and the name of a setting there, for mistakes. */
interface Source {
  get(key: string): string | undefined;
  name(key: ConfigKey): string;
}

/**
 * systemd credentials: one file for each secret, named after the setting in lower case. systemd.exec(5),
 * LoadCredential=.
 */
function readCredentials(folder: string | undefined, mistakes: Mistake[]): Env {
  const found: Record<string, string> = {};
  for (const { key } of folder ? Object.values(settings).filter((one) => "secret" in one) : []) {
    const path = `${folder}/${key.toLowerCase()}`;
    if (!existsSync(path)) continue;
    const read = readCredential(path);
    if ("text" in read) found[key] = read.text;
    else mistakes.push({ what: key, problem: `the credential ${path} ${read.problem}`, hint: "check LoadCredential= in the systemd unit" });
  }
  return found;
}

/** The setting's value, else its default, else undefined. An invalid value is added to `mistakes`. */
function readSetting<T>(setting: Setting<T>, sources: readonly Source[], mistakes: Mistake[]): T | undefined {
  const source = sources.find(({ get }) => (setting.secret ? get(setting.key) !== undefined : get(setting.key)));
  const text = source?.get(setting.key) ?? setting.default;
  if (source === undefined && text === "") return undefined;
  const value = setting.read(text);
  if (typeof value !== "object" || value === null || !("expected" in value)) return value;
  const shown = setting.secret ? `${text.length} characters (not shown)` : shownInMistake(setting, text);
  const what = source?.name(setting) ?? setting.key;
  const problem = `expected ${value.expected}, got ${text === "" ? "an empty value" : shown}`;
  mistakes.push({ what, problem, hint: value.hint });
  return undefined;
}

/** Masked before it is cut: half a key would not be recognised. */
function shownInMistake({ url }: Pick<ConfigKey & { readonly url?: true }, "url">, text: string): string {
  const shown = url === true || text.includes("://") ? shownUrl(text) : shownText(text);
  return JSON.stringify(shown.length > MAX_SHOWN_CHARS ? `${shown.slice(0, MAX_SHOWN_CHARS)}…` : shown);
}

/** Misspelt settings, and settings without effect. */
function findWarnings(env: Env, file: EnvFile["values"], hasKey: boolean): Mistake[] {
  const known = configKeys.map(({ key }) => key);
  const names = Object.keys({ ...file, ...env });
  const warnings = findMisspelt(names, Object.keys(file), known).map(({ name, meant }) => ({
    what: name,
    problem: "unknown setting",
    hint: meant === undefined ? "voice --help lists the settings" : `did you mean ${meant}?`,
  }));
  if ((env.OPENAI_BASE_URL || file["OPENAI_BASE_URL"]) && !hasKey) {
    const problem = "has no effect without OPENAI_API_KEY: the built-in agent answers";
    warnings.push({ what: "OPENAI_BASE_URL", problem, hint: "set OPENAI_API_KEY too; for a server that needs no key, set any value" });
  }
  return warnings;
}

/** voice.toml in the working directory, or in a folder of systemd's StateDirectory= (systemd.exec(5)). */
function findAgentsFile(folder: string, stateDirectory: string | undefined): string | undefined {
  const folders = [folder, ...(stateDirectory ?? "").split(":").filter((one) => one !== "")];
  return folders.map((one) => join(one, "voice.toml")).find(isThere);
}

/**
 * Where voice keeps what must outlast it: VOICE_STATE, the first folder of systemd's StateDirectory= (systemd.exec(5)),
 * or a folder of the user's (https://specifications.freedesktop.org/basedir-spec/latest). Undefined: nowhere.
 */
function stateFolder(set: string | undefined, { STATE_DIRECTORY, XDG_DATA_HOME, HOME }: Env): string | undefined {
  if (set !== undefined) return set === "off" ? undefined : resolve(set);
  const ofSystemd = STATE_DIRECTORY?.split(":").find((folder) => folder !== "");
  if (ofSystemd !== undefined) return ofSystemd;
  const ofUser = XDG_DATA_HOME || (HOME && join(HOME, ".local/share"));
  return ofUser && isAbsolute(ofUser) ? join(ofUser, "voice") : undefined;
}

/** Also a link that leads nowhere: it was meant to be the file. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false; // also a folder that may not be read
  }
}

function readSystemd(env: Env): SystemdConfig {
  const usec = Number(env.WATCHDOG_USEC);
  // sd_watchdog_enabled(3): WATCHDOG_PID may name another process.
  const isForUs = env.WATCHDOG_PID === undefined || env.WATCHDOG_PID === String(process.pid);
  return { notifySocket: env.NOTIFY_SOCKET || undefined, watchdogUsec: isForUs && usec > 0 ? usec : undefined };
}

/**
 * The default is off for servers other than OpenAI's: they may reject the whole session over a model that they lack.
 * OpenAI also has regional hosts, such as eu.api.openai.com.
 */
function transcriptionModel(set: string | undefined, realtimeUrl: string | undefined): string | null {
  if (set !== undefined) return set === "off" ? null : set;
  return /(^|\.)api\.openai\.com$/.test(URL.parse(realtimeUrl ?? "")?.hostname ?? "") ? defaultTranscriptionModel : null;
}

/** A header's value that is shorter is not a key, and masking it would mask words of the log. */
const MIN_SECRET_CHARS = 8;

/** What the log must not show. The headers for a collector of traces are keys mostly, and its URL may have one. */
function secretsOfAll(plain: readonly (string | undefined)[], alertUrl: string | undefined, traces: TracesConfig | undefined) {
  const ofTraces = [...(traces?.headers.map(([, value]) => value) ?? []), ...secretsOf(traces?.url)];
  const secrets = [...plain, ...secretsOf(alertUrl), ...ofTraces.filter(({ length }) => length >= MIN_SECRET_CHARS)];
  return Object.freeze(secrets.filter((secret) => secret !== undefined));
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

function readLimits(
  get: <T>(setting: Setting<T>) => T,
  find: <T>(setting: Setting<T>) => T | undefined,
): Pick<Config, "busy" | "drainMs" | "maxCalls" | "maxMemoryMb"> {
  return {
    busy: get(settings.busy),
    drainMs: get(settings.drainMs),
    maxCalls: get(settings.maxCalls),
    maxMemoryMb: find(settings.maxMemoryMb),
  };
}

/**
 * Flags (by their setting's key: { PORT: "80" }) override the environment, which overrides the env file, which
 * overrides systemd's credentials. Never throws.
 */
export function readConfig(flags: Env, env: Env = process.env, folder: string = "."): ConfigResult {
  const read = readSettings(flags, env, folder);
  return "mistakes" in read ? read : { config: read.config, warnings: read.warnings };
}

/** The configuration without voice.toml, and what its agents have when it says nothing else. */
type SettingsResult =
  | { readonly config: Config; readonly warnings: readonly Mistake[]; readonly defaults: AgentDefaults }
  | { readonly mistakes: readonly Mistake[] };

/** In the order in which they override each other. */
function sourcesOf(flags: Env, env: Env, file: Env, credentials: Env, envFile: string | undefined): readonly Source[] {
  return [
    { get: (name) => flags[name], name: ({ flag, key: name }) => flag?.split(" ")[0] ?? name },
    { get: (name) => env[name], name: ({ key: name }) => name },
    { get: (name) => file[name], name: ({ key: name }) => `${name} in ${envFile}` },
    { get: (name) => credentials[name], name: ({ key: name }) => `the credential ${name.toLowerCase()}` },
  ];
}

function readSettings(flags: Env, env: Env, folder: string): SettingsResult {
  const mistakes: Mistake[] = [];
  const envFile = flags[envFileKey.key] ?? env[envFileKey.key];
  const file = envFile ? readEnvFile(envFile, secretKeys) : { values: {}, mistakes: [], warnings: [] };
  mistakes.push(...file.mistakes);
  const credentials = readCredentials(env.CREDENTIALS_DIRECTORY, mistakes);
  const sources = sourcesOf(flags, env, file.values, credentials, envFile);
  const find = <T>(setting: Setting<T>): T | undefined => readSetting(setting, sources, mistakes);
  // For settings with a default: undefined only after a mistake, and then no config is returned.
  const get = <T>(setting: Setting<T>): T => find(setting) as T;
  const key = find(settings.apiKey);
  const realtimeUrl = get(settings.realtimeUrl);
  const model: ModelChoice =
    key === undefined ? { type: "builtIn" } : { type: "openai", apiKey: key, model: get(settings.model), realtimeUrl };
  const transcription = find(settings.transcriptionModel);
  const twilioAuthToken = find(settings.twilioAuthToken);
  const alertUrl = find(settings.alertUrl);
  const metricsToken = find(settings.metricsToken);
  const traces = readTraces(find);
  const config: Config = {
    host: get(settings.host),
    port: get(settings.port),
    publicUrl: find(settings.publicUrl),
    twilioAuthToken,
    accountSid: find(settings.accountSid),
    phoneNumber: find(settings.phoneNumber),
    allowUnsigned: get(settings.allowUnsigned),
    directStream: get(settings.directStream),
    agentsFile: find(settings.agentsFile) ?? findAgentsFile(folder, env.STATE_DIRECTORY),
    stateFolder: stateFolder(find(settings.stateFolder), env),
    agents: bookOfSettings({
      model,
      instructions: get(settings.instructions),
      greeting: get(settings.greeting),
      voice: get(settings.voiceName),
      transcriptionModel: transcriptionModel(transcription, realtimeUrl),
    }),
    sentences: readSentences(get),
    language: get(settings.language),
    transferTo: find(settings.transferTo),
    alertUrl,
    ...readLimits(get, find),
    consoleAccess: get(settings.consoleAccess),
    recordsFile: find(settings.recordsFile),
    metricsListen: find(settings.metricsListen),
    metricsToken,
    traces,
    logFormat: get(settings.logFormat),
    logLevel: get(settings.logLevel),
    colors: !env.NO_COLOR,
    secrets: secretsOfAll([twilioAuthToken, key, metricsToken], alertUrl, traces),
    systemd: Object.freeze(readSystemd(env)),
    envFileIgnored: !envFile && existsSync(`${folder}/.env`),
  };
  if (mistakes.length > 0) return { mistakes };
  const defaults: AgentDefaults = {
    agent: config.agents.agents[0],
    env: { ...file.values, ...env },
    apiKey: key,
    realtimeUrl,
    transcriptionModel: (url) => transcriptionModel(transcription, url),
  };
  return { config: Object.freeze(config), defaults, warnings: [...file.warnings, ...findWarnings(env, file.values, key !== undefined)] };
}

/**
 * As {@link readConfig}, with the agents of voice.toml, whose reader is loaded only when there is such a file. Never
 * rejects.
 */
export async function loadConfig(flags: Env, env: Env = process.env, folder = "."): Promise<ConfigResult> {
  const read = readSettings(flags, env, folder);
  if ("mistakes" in read || read.config.agentsFile === undefined) return read;
  const { config, warnings, defaults } = read;
  const { readAgents } = await import("./agents/read-agents.ts");
  const agents = readAgents(read.config.agentsFile, defaults);
  if ("mistakes" in agents) return agents;
  const secrets = Object.freeze([...config.secrets, ...agents.secrets]);
  return { config: Object.freeze({ ...config, agents: agents.book, secrets }), warnings };
}

/** What `voice doctor` reads from the environment. It tests any server, so it needs no setting of this one. */
export interface DoctorEnvironment {
  readonly authToken: string | undefined;
  readonly accountSid: string | undefined;
  /** CAs that replace the system's: SSL_CERT_FILE, as for OpenSSL. */
  readonly certFile: string | undefined;
  /** Additional CAs: NODE_EXTRA_CA_CERTS, as for Node. */
  readonly extraCertFile: string | undefined;
}

export function readDoctorEnvironment(env: Env = process.env): DoctorEnvironment {
  return {
    authToken: env.TWILIO_AUTH_TOKEN || undefined,
    accountSid: env.TWILIO_ACCOUNT_SID || undefined,
    certFile: env.SSL_CERT_FILE || undefined,
    extraCertFile: env.NODE_EXTRA_CA_CERTS || undefined,
  };
}
