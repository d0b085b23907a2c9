// The tables of docs/ against the code: the first column of each must list exactly what the code has. Which table is
// compared to what is listed at the end of this file.

import { protocolFields } from "./protocol-fields.ts";
import type { Source } from "./source.ts";

/**
 * Names in the first column of the table under the heading `section`: everything between backticks, or the whole cell.
 * Undefined without such a table.
 */
export function firstColumn(markdown: string, section: string): string[] | undefined {
  const lines = markdown.split("\n");
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "").trim() === section);
  if (start < 0) return undefined;
  const after = lines.slice(start + 1);
  const end = after.findIndex((line) => /^#+ /.test(line));
  const rows = (end < 0 ? after : after.slice(0, end)).filter((line) => line.startsWith("|"));
  // The first two rows are the head and the line below it.
  return rows.length < 2 ? undefined : rows.slice(2).flatMap((row) => namesIn(row.split(/(?<!\\)\|/)[1] ?? ""));
}

function namesIn(cell: string): string[] {
  const quoted = [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
  return quoted.length > 0 ? quoted : [cell.trim()];
}

/** What one side has and the other lacks. */
export function compareTable(table: readonly string[], code: ReadonlySet<string>): string[] {
  const twice = table.filter((name, index) => table.indexOf(name) !== index);
  return [
    ...[...code].filter((name) => !table.includes(name)).map((name) => `${name}: in the code, not in the table`),
    ...table.filter((name) => !code.has(name)).map((name) => `${name}: in the table, not in the code`),
    ...twice.map((name) => `${name}: twice in the table`),
  ];
}

const inFiles = (sources: readonly Source[], path: RegExp, pattern: RegExp, name: (match: RegExpExecArray) => string): Set<string> =>
  new Set(sources.filter((source) => path.test(source.path)).flatMap(({ text }) => [...text.matchAll(pattern)].map(name)));

/**
 * Events that src/ logs: `log(level, "noun.pastVerb", ...)`, and the effect { type: "log", level, event:
 * "noun.pastVerb" }.
 */
export function logEvents(sources: readonly Source[]): Set<string> {
  const called = inFiles(sources, /^src\//, /\blog\(\s*[^,()]+,\s*"(\w+\.\w+)"/g, (match) => match[1] ?? "");
  const effects = inFiles(sources, /^src\//, /type:\s*"log"[^}]*?\bevent:\s*"(\w+\.\w+)"/g, (match) => match[1] ?? "");
  return called.union(effects);
}

/**
 * Routes of the server as "GET /healthz", asked of Hono itself; what the routes would need of the world is not touched.
 */
async function endpoints(): Promise<Set<string>> {
  const { makeApp } = await import("../../src/server/http/app.ts");
  const app = makeApp({ config: { publicUrl: undefined } } as Parameters<typeof makeApp>[0]);
  return new Set(app.routes.map(({ method, path }) => `${method} ${path}`));
}

async function configKeys(): Promise<Set<string>> {
  const { configKeys } = await import("../../src/config/config.ts");
  return new Set(configKeys.map(({ key }) => key));
}

/**
 * Exit codes: commands return them to main.ts, so every `return 2;` and `return bad ? 1 : 0;` of main.ts and commands/
 * is one.
 */
export function exitCodes(sources: readonly Source[]): Set<string> {
  const places = /^src\/(main\.ts$|commands\/|doctor\/|selftest\/|check\/|load\/)/;
  const plain = inFiles(sources, places, /\breturn (\d);/g, (match) => match[1] ?? "");
  const chosen = inFiles(sources, places, /\breturn [^;\n]*\? (\d : \d);/g, (match) => match[1] ?? "");
  return new Set([...plain, ...[...chosen].flatMap((pair) => pair.split(" : "))]);
}

/** Form fields of Twilio's requests: `form("CallSid")` in the webhooks. */
function formFields(sources: readonly Source[]): Set<string> {
  return inFiles(sources, /^src\/server\//, /\bform\("(\w+)"\)/g, (match) => match[1] ?? "");
}

/** Headers that are read: `header("host")`, `headers.get("origin")`. */
function headersRead(sources: readonly Source[]): Set<string> {
  return inFiles(
    sources,
    /^src\/server\/(http\/request-facts|auth\/local-caller)\.ts$/,
    /\b(?:header|headers\.get)\("([\w-]+)"\)/g,
    (match) => match[1] ?? "",
  );
}

async function doctorCauses(): Promise<Set<string>> {
  const { CAUSES } = await import("../../src/doctor/causes/causes.ts");
  return new Set(Object.keys(CAUSES));
}

async function doctorChecks(): Promise<Set<string>> {
  const { DOCTOR_CHECKS } = await import("../../src/doctor/checks/checks.ts");
  return new Set(DOCTOR_CHECKS.map(({ id }) => id));
}

export const docTables: readonly {
  readonly doc: string;
  readonly section: string;
  readonly code: (sources: readonly Source[]) => Set<string> | Promise<Set<string>>;
}[] = [
  { doc: "docs/operations.md", section: "Configuration", code: configKeys },
  { doc: "docs/operations.md", section: "Log events", code: logEvents },
  { doc: "docs/operations.md", section: "Exit codes", code: exitCodes },
  { doc: "docs/operations.md", section: "Endpoints", code: endpoints },
  ...Object.entries(protocolFields).map(([section, code]) => ({ doc: "docs/protocol.md", section, code })),
  { doc: "docs/doctor.md", section: "Causes", code: doctorCauses },
  { doc: "docs/doctor.md", section: "Checks", code: doctorChecks },
  { doc: "docs/protocol.md", section: "Form fields read from Twilio's requests", code: formFields },
  { doc: "docs/protocol.md", section: "Headers read", code: headersRead },
];
