// The table "Log events" of docs/operations.md against the code, beyond the names of the events: their levels, and the
// fields that the table speaks of.

import { posix } from "node:path";
import type { Source } from "./source.ts";

/** What one kind of event looks like in src/. */
interface LoggedEvent {
  readonly levels: Set<string>;
  /** Whether a variable decides the level in one place: the table may have more levels than are found. */
  isOpen: boolean;
  /** The files that log it, without comments, and those that they import: a value may come from there. */
  readonly texts: Set<string>;
}

/** A row of the table. Several events may share one. */
export interface LogRow {
  readonly events: readonly string[];
  readonly levels: readonly string[];
  /** Names between backticks in the column "when" that look like a field. */
  readonly fields: readonly string[];
}

/**
 * `log(level, "noun.pastVerb"`, another function that takes a level and an event, and the effect `{ type: "log", level,
 * event: "noun.pastVerb"`.
 */
const SITES: readonly RegExp[] = [
  /\blog\(\s*(?<level>[^,;]+),\s*"(?<event>\w+\.\w+)"/g,
  /(?<level>"(?:error|warning|info|debug)"),\s*"(?<event>\w+\.\w+)"/g,
  /type:\s*"log",\s*level(?::\s*(?<level>[^}]*?))?,\s*event:\s*"(?<event>\w+\.\w+)"/g,
];
const LEVEL = /"(error|warning|info|debug)"/g;

export function loggedEvents(sources: readonly Source[]): ReadonlyMap<string, LoggedEvent> {
  const found = new Map<string, LoggedEvent>();
  const textOf = new Map(sources.map(({ path, code, strings }) => [path, [code, ...strings.map((one) => one.text)].join("\n")]));
  for (const { path, text, imports } of sources) {
    if (!path.startsWith("src/")) continue;
    for (const { groups } of SITES.flatMap((site) => [...text.matchAll(site)])) {
      const name = groups?.["event"] ?? "";
      const event = found.get(name) ?? { levels: new Set(), isOpen: false, texts: new Set() };
      const levels = [...(groups?.["level"] ?? "").matchAll(LEVEL)].map(([, level = ""]) => level);
      for (const level of levels) event.levels.add(level);
      event.isOpen ||= levels.length === 0;
      event.texts.add(textOf.get(path) ?? "");
      for (const { specifier } of imports) event.texts.add(textOf.get(posix.join(posix.dirname(path), specifier)) ?? "");
      found.set(name, event);
    }
  }
  return found;
}

export function logRows(markdown: string): readonly LogRow[] {
  const section = markdown.split(/^## /m).find((part) => part.startsWith("Log events\n")) ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) => {
    const [, events = "", levels = "", when = ""] = row.split(/(?<!\\)\|/);
    const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
    return {
      events: quoted(events),
      levels: levels.split(",").map((level) => level.trim()),
      fields: quoted(when).filter((name) => /^[a-z][A-Za-z]*$/.test(name)),
    };
  });
}

export function compareLogRows(rows: readonly LogRow[], code: ReadonlyMap<string, LoggedEvent>): readonly string[] {
  return rows.flatMap(({ events, levels, fields }) => {
    const logged = events.flatMap((event) => code.get(event) ?? []);
    const inCode = new Set(logged.flatMap((event) => [...event.levels]));
    const isOpen = logged.some((event) => event.isOpen);
    const texts = logged.flatMap((event) => [...event.texts]);
    const name = events.join(", ");
    return [
      ...[...inCode].filter((level) => !levels.includes(level)).map((level) => `${name}: ${level} in the code, not in the table`),
      ...levels.filter((level) => !isOpen && !inCode.has(level)).map((level) => `${name}: ${level} in the table, not in the code`),
      ...fields
        .filter((field) => !texts.some((text) => new RegExp(`\\b${field}\\b`).test(text)))
        .map((field) => `${name}: the field ${field} is not in the code that logs it`),
    ];
  });
}
