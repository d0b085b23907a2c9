// What voice.toml refers to: files with text, secrets, agents and tools by their names. They are followed even in a
// file with other mistakes, so that all mistakes are reported at once.

import { dirname, isAbsolute, join } from "node:path";
import { readSmallFile } from "../small-file.ts";
import { type InvalidValue, nearest } from "../values.ts";
import { checkWebhookSecret } from "./after-call.ts";
import type { DescribedIssue } from "./describe-issue.ts";
import { MAX_INSTRUCTIONS_CHARS } from "./schema.ts";
import { readSecret } from "./secret-reference.ts";
import type { TomlPath } from "./toml-positions.ts";
import { COLLECT_DIGITS, HANG_UP, isHeaderValue, SEND_DIGITS } from "./tool-values.ts";
import { TRANSFER, transferName } from "./transfers.ts";

/** No name is that long. */
const MAX_COMPARED_CHARS = 64;
/** Of a list of names in a mistake. */
const MAX_SHOWN_NAMES = 20;

type Env = Readonly<Record<string, string | undefined>>;

/** What was found at each place that refers to something, and what could not be found. */
export interface Followed {
  /** By `JSON.stringify(path)`. */
  readonly found: ReadonlyMap<string, string>;
  readonly secrets: readonly string[];
  readonly issues: readonly DescribedIssue[];
}

interface Reference {
  readonly path: TomlPath;
  readonly to: "text" | "secret" | "webhookSecret" | "header" | "agent" | "tool" | "transfer";
  readonly text: string;
}

/** `document` is the file as parsed, of any shape; `file` is its path. */
export function followReferences(document: unknown, file: string, env: Env): Followed {
  const folder = dirname(file);
  const agents = entriesOf(childOf(document, "agents")).map(([name]) => name);
  const tools = [...entriesOf(childOf(document, "tools")).map(([name]) => name), ...builtInTools];
  const found = new Map<string, string>();
  const secrets: string[] = [];
  const issues: DescribedIssue[] = [];
  for (const { path, to, text } of references(document)) {
    const value = follow[to](text, { folder, env, agents, tools, transfers: transfersOf(document, path) });
    if (typeof value !== "string") issues.push({ path, ...value });
    else found.set(JSON.stringify(path), value);
    if (typeof value === "string" && (to === "secret" || to === "webhookSecret")) secrets.push(value);
    if (to === "header") secrets.push(...variablesIn(text).flatMap((name) => env[name] || []));
  }
  return { found, secrets, issues };
}

/** The tools that voice has itself. */
export const builtInTools: readonly string[] = [HANG_UP, SEND_DIGITS, COLLECT_DIGITS];

interface Surroundings {
  readonly folder: string;
  readonly env: Env;
  readonly agents: readonly string[];
  readonly tools: readonly string[];
  /** Those of the agent. */
  readonly transfers: readonly string[];
}

const follow: Readonly<Record<Reference["to"], (text: string, around: Surroundings) => string | InvalidValue>> = {
  text: (text, { folder }) => readText(text, folder),
  secret: (text, { env, folder }) => readSecret(text, { env, folder }),
  webhookSecret: (text, { env, folder }) => {
    const secret = readSecret(text, { env, folder });
    return typeof secret === "string" ? checkWebhookSecret(secret) : secret;
  },
  header: (text, { env }) => fillVariables(text, env),
  agent: (text, { agents }) => findName("an agent", text, agents),
  tool: (text, { tools }) => findName("a tool", text, tools),
  transfer: (text, { transfers }) => {
    const name = transferName(text);
    // Another text: schema.ts reports it.
    return name === undefined ? text : findName("a transfer", name, transfers, "of this agent", TRANSFER);
  },
};

/** The transfers of the agent in whose table `path` is. */
function transfersOf(document: unknown, [table, name = ""]: TomlPath): readonly string[] {
  const transfers = table === "agents" ? childOf(childOf(childOf(document, "agents"), name), "transfers") : undefined;
  return entriesOf(transfers).map(([transfer]) => transfer);
}

function references(document: unknown): readonly Reference[] {
  const at = (path: TomlPath, to: Reference["to"]): readonly Reference[] => {
    let text = document;
    for (const key of path) text = childOf(text, key);
    return typeof text === "string" ? [{ path, to, text }] : [];
  };
  const ofAgents = entriesOf(childOf(document, "agents")).flatMap(([name]) => [
    ...at(["agents", name, "instructions"], "text"),
    ...at(["agents", name, "on_failure"], "transfer"),
    ...entriesOf(childOf(childOf(childOf(document, "agents"), name), "keys")).flatMap(([key]) =>
      at(["agents", name, "keys", key], "transfer"),
    ),
    ...entriesOf(childOf(childOf(childOf(document, "agents"), name), "models"), true).flatMap(([index]) =>
      at(["agents", name, "models", Number(index), "key"], "secret"),
    ),
    ...entriesOf(childOf(childOf(childOf(document, "agents"), name), "tools"), true).flatMap(([index]) =>
      at(["agents", name, "tools", Number(index)], "tool"),
    ),
  ]);
  const ofTools = entriesOf(childOf(document, "tools")).flatMap(([name, tool]) =>
    entriesOf(childOf(childOf(tool, "http"), "headers")).flatMap(([header]) => at(["tools", name, "http", "headers", header], "header")),
  );
  const ofNumbers = entriesOf(childOf(document, "numbers")).flatMap(([number]) => [
    ...at(["numbers", number, "agent"], "agent"),
    ...at(["numbers", number, "hours", "closed", "agent"], "agent"),
  ]);
  return [...ofAgents, ...ofTools, ...ofNumbers, ...at(["after_call", "secret"], "webhookSecret")];
}

function childOf(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function entriesOf(value: unknown, ofArray = false): readonly [string, unknown][] {
  return typeof value === "object" && value !== null && Array.isArray(value) === ofArray ? Object.entries(value) : [];
}

/** The text itself, or that of the file that it names. */
function readText(text: string, folder: string): string | InvalidValue {
  const [, name] = /^file:(.*)$/s.exec(text) ?? [];
  if (name === undefined) return text;
  if (name === "") return { expected: "the path of a file after file:", hint: "the path starts at the folder of voice.toml" };
  const path = isAbsolute(name) ? name : join(folder, name);
  // A character has at most four bytes in UTF-8.
  const read = readSmallFile(path, MAX_INSTRUCTIONS_CHARS * 4);
  if (typeof read === "string") return { expected: `text in ${path}, which ${read}`, hint: "the path starts at the folder of voice.toml" };
  const content = new TextDecoder().decode(read.bytes).trim();
  if (content === "") return { expected: `text in ${path}, which is empty`, hint: "write the text into that file" };
  if (content.length <= MAX_INSTRUCTIONS_CHARS) return content;
  return {
    expected: `at most ${MAX_INSTRUCTIONS_CHARS} characters in ${path}`,
    hint: `shorten it by ${content.length - MAX_INSTRUCTIONS_CHARS}`,
  };
}

const VARIABLE = /\$\{([A-Za-z_]\w*)\}/g;

function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(VARIABLE)].map(([, name = ""]) => name);
}

/** Replaces ${NAME} by the environment variable, anywhere in a text. */
function fillVariables(text: string, env: Env): string | InvalidValue {
  const unset = variablesIn(text).find((name) => !env[name]);
  if (unset !== undefined) {
    return { expected: `the environment variable ${unset} to be set`, hint: `set ${unset}, also in the systemd unit` };
  }
  const filled = text.replace(VARIABLE, (_, name: string) => env[name] ?? "");
  if (isHeaderValue(filled)) return filled;
  const [cause] = variablesIn(text).filter((name) => !isHeaderValue(env[name] ?? ""));
  const hint = cause === undefined ? "a value of other characters is refused by HTTP" : `change ${cause}: it has others`;
  return { expected: "printable ASCII characters on one line", hint };
}

function findName(what: string, name: string, names: readonly string[], where = "of this file", prefix = ""): string | InvalidValue {
  if (names.includes(name)) return name;
  if (names.length === 0) return { expected: `${what} ${where}, which has none`, hint: "add one" };
  const known = names.slice(0, MAX_SHOWN_NAMES).join(", ");
  const meant = name.length > MAX_COMPARED_CHARS ? "" : nearest(name, names);
  const hint = meant === "" ? "add it, or write the name of another one" : `did you mean ${prefix}${meant}?`;
  return { expected: `${what} ${where} (${known}${names.length > MAX_SHOWN_NAMES ? ", …" : ""})`, hint };
}
