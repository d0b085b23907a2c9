// Past calls for other programs: one line of JSON for each, or CSV (RFC 4180). Pure. Numbers are in full.

import type { StoredCall } from "../adapters/store/read-calls.ts";

const columns = [
  "callSid",
  "from",
  "to",
  "direction",
  "agent",
  "model",
  "createdMs",
  "startedMs",
  "endedMs",
  "endBy",
  "endCause",
  "fallback",
  "twilioCode",
  "longestWaitMs",
  "costUsd",
  "turns",
  "inputTokens",
  "outputTokens",
] as const satisfies readonly (keyof StoredCall)[];

export function jsonLines(calls: readonly object[]): string {
  return calls.map((call) => `${JSON.stringify(call)}\n`).join("");
}

/** With a line of names first; lines end in CRLF. */
export function csvOf(calls: readonly StoredCall[]): string {
  const lines = [columns.join(","), ...calls.map((call) => columns.map((name) => field(call[name])).join(","))];
  return lines.map((line) => `${line}\r\n`).join("");
}

/** A text that a spreadsheet would take for a formula gets an apostrophe: https://owasp.org/www-community/attacks/CSV_Injection */
function field(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=@\t\r]|^[+-](?!\d+$)/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
