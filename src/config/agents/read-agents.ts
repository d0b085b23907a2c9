// Reads voice.toml: every mistake at once, each with its line and column. The keys: schema.ts.

import { parse, TomlError } from "smol-toml";
import { addressKey } from "../../protocol/address.ts";
import type { Mistake } from "../mistake.ts";
import { readSmallFile } from "../small-file.ts";
import { shownText } from "../values.ts";
import { afterCallOf } from "./after-call.ts";
import type { Agent, AgentBook, HttpTool, ModelChoice, NumberRule } from "./agent.ts";
import { type AgentDefaults, usualTurn } from "./default-agent.ts";
import { type DescribedIssue, describeIssue } from "./describe-issue.ts";
import { digitsOf, digitsProblems } from "./digits.ts";
import { budgetOf, patienceOf, pricesOf, unpricedModels } from "./limits.ts";
import { MAX_DEPTH, oddValues, tooDeep, withoutRepeats } from "./odd-values.ts";
import { privacyOf } from "./privacy-schema.ts";
import { builtInTools, type Followed, followReferences } from "./references.ts";
import { type VoiceToml, voiceToml } from "./schema.ts";
import { knownKeys } from "./schema-keys.ts";
import { type Position, type TomlPath, tomlPositions } from "./toml-positions.ts";
import { HANG_UP, SEND_DIGITS, TRANSFER_TO } from "./tool-values.ts";
import { transferName, transferPlans } from "./transfers.ts";

/** Far more than a hundred agents need. */
const MAX_FILE_BYTES = 4_194_304;
const DEFAULT_TOOL_MS = 8_000;
const DEFAULT_RESULT_BYTES = 8_192;
/** Of a value in a mistake. */
const MAX_SHOWN_CHARS = 80;
/** Of a key with the tables around it. */
const MAX_PATH_CHARS = 200;
/** As many as one can read at once. */
export const MAX_MISTAKES = 100;

export type AgentsResult = { readonly book: AgentBook; readonly secrets: readonly string[] } | { readonly mistakes: readonly Mistake[] };

/** Reads the file at `path`. Never throws. */
export function readAgents(path: string, defaults: AgentDefaults): AgentsResult {
  const read = readSmallFile(path, MAX_FILE_BYTES);
  if (typeof read === "string")
    return { mistakes: [{ what: path, problem: read, hint: "write one with voice init, or name another with --config" }] };
  const text = decodeUtf8(read.bytes);
  if (text === undefined)
    return { mistakes: [{ what: path, problem: "is not UTF-8 text", hint: "save it as UTF-8 (toml.io: a TOML file is UTF-8)" }] };
  try {
    return readText(path, text, defaults);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [problem = ""] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    return { mistakes: [{ what: `${path}:${error.line}:${error.column}`, problem, hint: "https://toml.io shows how values are written" }] };
  }
}

function readText(path: string, text: string, defaults: AgentDefaults): AgentsResult {
  const document = parse(text);
  const deep = tooDeep(document);
  if (deep !== undefined) return { mistakes: [nestedMistake(path, text, deep)] };
  const checked = voiceToml.safeParse(document);
  const { found, secrets, issues } = followReferences(document, path, defaults.env);
  const odd = oddValues(document);
  const described = (checked.error?.issues ?? []).flatMap((issue) => describeIssue(issue, knownKeys));
  const wrong = [
    ...withoutRepeats(described, odd),
    ...odd,
    ...issues,
    ...repeatedNumbers(document),
    ...takenToolNames(document),
    ...digitsProblems(document),
  ];
  if (wrong.length > 0 || !checked.success) return { mistakes: placed(path, text, document, wrong) };
  const book = bookOf(path, checked.data, found, defaults);
  const unpriced = unpricedModels(book.agents, book.prices);
  return unpriced.length > 0 ? { mistakes: placed(path, text, document, unpriced) } : { book, secrets };
}

function nestedMistake(file: string, text: string, deep: TomlPath): Mistake {
  const { line, column } = tomlPositions(text)(deep);
  const what = `${file}:${line}:${column}: ${start(deep.map(keyText).join("."), MAX_PATH_CHARS)}`;
  return { what, problem: `has more than ${MAX_DEPTH} levels of tables and lists`, hint: "nest them less" };
}

/** Two spellings of one number. */
function repeatedNumbers(document: Readonly<Record<string, unknown>>): readonly DescribedIssue[] {
  const numbers = Object.keys(document["numbers"] ?? {});
  const first = new Map<string, string>();
  return numbers.flatMap((number) => {
    const key = addressKey(number);
    const before = first.get(key);
    if (before === undefined) first.set(key, number);
    if (before === undefined) return [];
    return [{ path: ["numbers", number], expected: "each number once", hint: `remove it: it is ${before}, which is listed before` }];
  });
}

/** The model would be given two tools of one name. */
function takenToolNames(document: Readonly<Record<string, unknown>>): readonly DescribedIssue[] {
  const isTaken = (name: string): boolean => builtInTools.includes(name) || name.startsWith(TRANSFER_TO);
  const taken = Object.keys(document["tools"] ?? {}).filter(isTaken);
  return taken.map((name) => ({ path: ["tools", name], expected: `another name: ${name} is a tool of voice itself`, hint: "rename it" }));
}

/** The mistakes in the order of the file. */
function placed(file: string, text: string, document: unknown, issues: readonly DescribedIssue[]): readonly Mistake[] {
  const positionOf = tomlPositions(text);
  const mistakes = issues.map((issue) => ({ position: positionOf(issue.path), issue }));
  mistakes.sort((one, other) => compare(one.position, other.position));
  const more = mistakes.length - MAX_MISTAKES;
  const rest = { what: file, problem: `has ${more} more mistakes`, hint: "fix those above first" };
  const shownMistakes = mistakes.slice(0, MAX_MISTAKES).map(({ position: { line, column }, issue: { path, expected, hint } }) => {
    const what = `${file}:${line}:${column}: ${start(path.map(keyText).join("."), MAX_PATH_CHARS)}`;
    if (expected === undefined) return { what, problem: "unknown key", hint };
    const got = shown(document, path);
    if (got === undefined) return { what, problem: `is missing: expected ${expected}`, hint: "add it; docs/agents.md has an example" };
    return { what, problem: `expected ${expected}, got ${got}`, hint };
  });
  return more > 0 ? [...shownMistakes, rest] : shownMistakes;
}

function compare(one: Position, other: Position): number {
  return one.line - other.line || one.column - other.column;
}

/** Undefined: not UTF-8. A byte order mark is not part of the text. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function start(text: string, maxChars: number): string {
  return text.length > maxChars ? `${text.slice(0, maxChars)}…` : text;
}

/** A key as TOML writes it (toml.io: bare keys). */
function keyText(key: string | number): string {
  return /^[\w-]+$/.test(String(key)) ? String(key) : JSON.stringify(String(key));
}

/** The value at `path`, without secrets. Undefined: there is none. */
function shown(document: unknown, path: TomlPath): string | undefined {
  let value = document;
  for (const key of path)
    value = typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  if (value === undefined) return undefined;
  if (value instanceof Date) return value.toISOString(); // smol-toml's: as it was written
  if (typeof value === "number") return String(value).replace("NaN", "nan").replace("Infinity", "inf");
  // Keys belong elsewhere. One that is here all the same is not repeated.
  if (path.at(-1) === "key" && typeof value === "string" && !/^(\$\{|file:|credential:)/.test(value))
    return `${value.length} characters (not shown)`;
  const text = shownText(JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part)));
  return start(text, MAX_SHOWN_CHARS);
}

/** The book of a file without mistakes. `found`: what it refers to. */
function bookOf(
  file: string,
  { agents, tools = {}, numbers, callers, privacy, prices = {}, after_call: afterCall }: VoiceToml,
  found: Followed["found"],
  defaults: AgentDefaults,
): AgentBook {
  return {
    file,
    agents: Object.entries(agents).map(([name, entry]) =>
      agentOf(name, entry, httpTools(tools, found), found, defaults),
    ) as unknown as AgentBook["agents"],
    numbers: new Map(Object.entries(numbers ?? {}).map(([number, rule]) => [number === "*" ? number : addressKey(number), ruleOf(rule)])),
    callers: { deny: (callers?.deny ?? []).map(addressKey), perNumber: callers?.per_number, anonymous: callers?.anonymous ?? "take" },
    privacy: privacyOf(privacy),
    afterCall: afterCallOf(afterCall, found.get(JSON.stringify(["after_call", "secret"]))),
    prices: pricesOf(prices),
  };
}

type AgentEntry = VoiceToml["agents"][string];

function agentOf(name: string, entry: AgentEntry, tools: readonly HttpTool[], found: Followed["found"], defaults: AgentDefaults): Agent {
  const { agent } = defaults;
  const lookUp = (...keys: readonly (string | number)[]): string | undefined => found.get(JSON.stringify(["agents", name, ...keys]));
  const given = entry.models?.map((one, index) => modelOf(one, lookUp("models", index, "key"), defaults)) ?? [];
  const models: Agent["models"] = [given[0] ?? agent.models[0], ...given.slice(1)];
  return {
    name,
    instructions: lookUp("instructions") ?? entry.instructions,
    models,
    languages: entry.languages ?? agent.languages,
    greeting: entry.greeting === undefined ? agent.greeting : greetingOf(entry.greeting),
    voice: entry.voice ?? agent.voice,
    speed: entry.speed ?? agent.speed,
    hearing: hearingOf(entry.hearing, models[0], defaults),
    keys: entry.keys ?? {},
    patience: patienceOf(entry.patience),
    budget: budgetOf(entry.budget),
    tools: tools.filter((tool) => entry.tools?.includes(tool.name)),
    canHangUp: entry.tools?.includes(HANG_UP) ?? false,
    canSendDigits: entry.tools?.includes(SEND_DIGITS) ?? false,
    digits: digitsOf(entry.digits, entry.tools),
    transfers: transferPlans(entry.transfers ?? {}),
    onFailure: entry.on_failure === undefined ? undefined : transferName(entry.on_failure),
  };
}

function httpTools(tools: NonNullable<VoiceToml["tools"]>, found: Followed["found"]): readonly HttpTool[] {
  return Object.entries(tools).map(([name, { description, parameters, http, result }]) => {
    const { method = "GET", url, headers = {}, timeout_ms: timeoutMs = DEFAULT_TOOL_MS, private_hosts: privateHosts = [] } = http;
    const headerOf = (header: string): string => found.get(JSON.stringify(["tools", name, "http", "headers", header])) ?? "";
    return {
      name,
      description,
      parameters: parameters ?? { type: "object", properties: {}, additionalProperties: false },
      method,
      url,
      headers: Object.fromEntries(Object.keys(headers).map((header) => [header, headerOf(header)])),
      fields: http.fields ?? {},
      body: http.body ?? (method === "GET" || method === "DELETE" ? "none" : "json"),
      timeoutMs,
      privateHosts,
      maxBytes: result?.max_bytes ?? DEFAULT_RESULT_BYTES,
      keep: result?.keep ?? [],
    };
  });
}

type ModelEntry = NonNullable<AgentEntry["models"]>[number];

function modelOf(entry: ModelEntry, secret: string | undefined, { apiKey, realtimeUrl }: AgentDefaults): ModelChoice {
  const key = secret ?? apiKey;
  // As without a file: no key, no model.
  if (key === undefined) return { type: "builtIn" };
  const { model, url = realtimeUrl } = typeof entry === "string" ? { model: entry } : entry;
  return { type: "openai", apiKey: key, model, realtimeUrl: url };
}

function hearingOf(entry: AgentEntry["hearing"], model: ModelChoice, { agent, transcriptionModel }: AgentDefaults): Agent["hearing"] {
  const { hearing } = agent;
  const usual = model.type === "openai" ? transcriptionModel(model.realtimeUrl) : null;
  if (entry === undefined) return { ...hearing, transcriptionModel: usual };
  const { turn, threshold = usualTurn.threshold, silence_ms: silenceMs = usualTurn.silenceMs, eagerness = "auto" } = entry;
  const { prefix_ms: prefixMs = usualTurn.prefixMs } = entry;
  return {
    turn: turn === "semantic" ? { type: turn, eagerness } : { type: "server", threshold, silenceMs, prefixMs },
    noise: entry.noise === undefined ? hearing.noise : entry.noise === "off" ? null : entry.noise,
    keywords: entry.keywords ?? hearing.keywords,
    transcriptionModel: entry.transcription === undefined ? usual : entry.transcription === "off" ? null : entry.transcription,
  };
}

function greetingOf(entry: NonNullable<AgentEntry["greeting"]>): Agent["greeting"] {
  if ("say" in entry) return { type: "say", words: entry.say };
  return "instruct" in entry ? { type: "instruct", instructions: entry.instruct } : { type: "wait" };
}

function ruleOf({ agent, hours }: NonNullable<VoiceToml["numbers"]>[string]): NumberRule {
  if (hours === undefined) return { agent, hours };
  const { tz: timeZone, open, closed } = hours;
  return {
    agent,
    hours: {
      timeZone,
      open,
      closed: "agent" in closed ? { type: "agent", agent: closed.agent } : { type: "say", words: closed.say },
    },
  };
}
