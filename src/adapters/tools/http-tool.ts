// A tool as an HTTP request: the request that its arguments make, and its answer as text for the model. What it must
// not reach: guarded-request.ts. Which arguments it may have: tool-runner.ts.

import { createHash, randomBytes } from "node:crypto";
import type { HttpTool } from "../../config/agents/agent.ts";
import { valueAt } from "../../protocol/json-path.ts";
import type { GuardedAnswer, GuardedRequest } from "./guarded-request.ts";

export type ToolArguments = Readonly<Record<string, unknown>>;

/** Whose call it is: also placeholders of the URL. */
export interface ToolContext {
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  /** The model's id of this call of the function. */
  readonly callId: string;
  /** What the caller has typed, by kind. */
  readonly typed: Readonly<Record<string, string>>;
}

/** As much of an error's body tells the model what was wrong. */
const MAX_ERROR_CHARS = 500;
/** As in config/agents/tool-values.ts. */
const PLACEHOLDER = /\{\{\s*((?:digits\.)?[\w-]+)\s*\}\}/g;
const DIGITS = "digits.";
const DOTS = /^\.{1,2}$/;

/** The request; a text when the arguments do not make one. */
export function requestOf(tool: HttpTool, given: ToolArguments, context: ToolContext): Omit<GuardedRequest, "signal"> | string {
  const typed = Object.fromEntries(Object.entries(context.typed).map(([kind, digits]) => [`${DIGITS}${kind}`, digits]));
  // What only looks like digits of the caller is the model's.
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => !name.startsWith(DIGITS)));
  const values = { ...own, ...typed, caller: context.from, called: context.to, call_sid: context.callSid };
  const url = urlOf(tool.url, values);
  if (typeof url === "string") return url;
  const fields = fieldsOf(tool.fields, values);
  if (typeof fields === "string") return fields;
  const { contentType, body } = bodyOf(tool.body, { ...given, ...fields });
  return {
    url,
    method: tool.method,
    headers: {
      Accept: "application/json, text/*;q=0.9",
      "Accept-Encoding": "identity", // without it any coding is allowed: RFC 9110 section 12.5.3
      "User-Agent": "voice",
      ...(contentType === undefined ? {} : { "Content-Type": contentType }),
      // The same for a request that is repeated: https://www.ietf.org/archive/id/draft-ietf-httpapi-idempotency-key-header-07.html
      "Idempotency-Key": createHash("sha256").update(`${context.callSid} ${context.callId}`).digest("hex").slice(0, 32),
      traceparent: traceparentOf(context.callSid),
      ...tool.headers,
    },
    body,
    maxBytes: tool.maxBytes,
    privateHosts: tool.privateHosts,
  };
}

/** Fills in the placeholders, encoded, so that no value can leave its part of the path or query. */
function urlOf(template: string, values: ToolArguments): URL | string {
  const missing: string[] = [];
  const dots: string[] = [];
  const filled = template.replace(PLACEHOLDER, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined || value === null) missing.push(name);
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    // URL takes "." and ".." for folders, also in their encoded spelling.
    if (DOTS.test(text)) dots.push(name);
    return encodeURIComponent(text.toWellFormed());
  });
  if (missing.length > 0) return wordsForMissing(missing[0] ?? "");
  if (dots.length > 0) return `Not run: the argument ${dots[0]} must not be dots.`;
  return new URL(filled);
}

/** What goes into the body beside the arguments, as text. */
function fieldsOf(templates: Readonly<Record<string, string>>, values: ToolArguments): Readonly<Record<string, string>> | string {
  const missing: string[] = [];
  const fill = (template: string): string =>
    template.replace(PLACEHOLDER, (_, name: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined || value === null) missing.push(name);
      return typeof value === "object" ? JSON.stringify(value) : String(value);
    });
  const filled = Object.fromEntries(Object.entries(templates).map(([field, template]) => [field, fill(template)]));
  return missing.length > 0 ? wordsForMissing(missing[0] ?? "") : filled;
}

function wordsForMissing(name: string): string {
  if (!name.startsWith(DIGITS)) return `Not run: the argument ${name} is missing.`;
  return `Not run: the caller has not typed ${name.slice(DIGITS.length)}. Collect it first.`;
}

function bodyOf(
  kind: HttpTool["body"],
  given: ToolArguments,
): { readonly contentType: string | undefined; readonly body: string | undefined } {
  if (kind === "none") return { contentType: undefined, body: undefined };
  if (kind === "json") return { contentType: "application/json", body: JSON.stringify(given) };
  const fields = Object.entries(given).map(([name, value]): [string, string] => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { contentType: "application/x-www-form-urlencoded", body: new URLSearchParams(fields).toString() };
}

/** One trace for a call: https://www.w3.org/TR/trace-context/#traceparent-header */
function traceparentOf(callSid: string): string {
  const trace = createHash("sha256").update(callSid).digest("hex").slice(0, 32);
  return `00-${trace}-${randomBytes(8).toString("hex")}-01`;
}

/** What the model gets of an answer. */
export function wordsFor({ status, bytes, cut }: GuardedAnswer, { keep, maxBytes }: HttpTool): string {
  const text = decode(bytes, cut);
  if (text === undefined) return `The tool's answer is not text (HTTP ${status}).`;
  if (status >= 300 && status < 400) return `The tool failed: its server redirects (HTTP ${status}), which is not followed.`;
  if (status < 200 || status > 299) return `The tool failed: HTTP ${status}. ${text.slice(0, MAX_ERROR_CHARS).toWellFormed()}`.trim();
  if (cut && keep.length > 0) return `The tool failed: its answer is longer than ${maxBytes} bytes.`;
  if (keep.length > 0) return keptParts(text, keep);
  if (text.trim() === "") return "Done.";
  return cut ? `${text} … (cut after ${maxBytes} bytes)` : text;
}

function keptParts(text: string, keep: readonly string[]): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return "The tool failed: its answer is not JSON.";
  }
  // JSON has no undefined: parts that are not there are left out.
  return JSON.stringify(Object.fromEntries(keep.map((path) => [path.replace(/^\$\.?/, "") || "$", valueAt(document, path)])));
}

/** Undefined: not UTF-8. A character that was cut in two is left out. */
function decode(bytes: Uint8Array, cut: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: cut });
  } catch {
    return undefined;
  }
}
