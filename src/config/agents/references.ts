// What voice.toml refers to: files with text, secrets, and agents by their name. They are followed even in a file with
// other mistakes, so that all mistakes are reported at once.

import { dirname, isAbsolute, join } from "node:path";
import { readSmallFile } from "../small-file.ts";
import { type InvalidValue, nearest } from "../values.ts";
import type { DescribedIssue } from "./describe-issue.ts";
import { MAX_INSTRUCTIONS_CHARS } from "./schema.ts";
import { readSecret } from "./secret-reference.ts";
import type { TomlPath } from "./toml-positions.ts";

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
  readonly to: "text" | "secret" | "agent";
  readonly text: string;
}

/** `document` is the file as parsed, of any shape; `file` is its path. */
export function followReferences(document: unknown, file: string, env: Env): Followed {
  const folder = dirname(file);
  const agents = entriesOf(childOf(document, "agents")).map(([name]) => name);
  const found = new Map<string, string>();
  const secrets: string[] = [];
  const issues: DescribedIssue[] = [];
  for (const { path, to, text } of references(document)) {
    const value = to === "text" ? readText(text, folder) : to === "secret" ? readSecret(text, { env, folder }) : findAgent(text, agents);
    if (typeof value !== "string") issues.push({ path, ...value });
    else found.set(JSON.stringify(path), value);
    if (typeof value === "string" && to === "secret") secrets.push(value);
  }
  return { found, secrets, issues };
}

function references(document: unknown): readonly Reference[] {
  const at = (path: TomlPath, to: Reference["to"]): readonly Reference[] => {
    let text = document;
    for (const key of path) text = childOf(text, key);
    return typeof text === "string" ? [{ path, to, text }] : [];
  };
  const ofAgents = entriesOf(childOf(document, "agents")).flatMap(([name]) => [
    ...at(["agents", name, "instructions"], "text"),
    ...at(["agents", name, "model", "key"], "secret"),
  ]);
  const ofNumbers = entriesOf(childOf(document, "numbers")).flatMap(([number]) => [
    ...at(["numbers", number, "agent"], "agent"),
    ...at(["numbers", number, "hours", "closed", "agent"], "agent"),
  ]);
  return [...ofAgents, ...ofNumbers];
}

function childOf(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function entriesOf(value: unknown): readonly [string, unknown][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** The text itself, or that of the file that it names. */
function readText(text: string, folder: string): string | InvalidValue {
  const [, name] = /^file:(.+)$/s.exec(text) ?? [];
  if (name === undefined) return text;
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

function findAgent(name: string, agents: readonly string[]): string | InvalidValue {
  if (agents.includes(name)) return name;
  return { expected: `an agent of this file (${agents.join(", ")})`, hint: `did you mean ${nearest(name, agents)}?` };
}
