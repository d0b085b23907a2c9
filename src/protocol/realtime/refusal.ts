// Reads the response with which a Realtime server refuses the handshake (any status except 101), and describes it in
// one line. Errors after the 101: realtime.ts. What codes mean: errors.ts. Follows
// https://developers.openai.com/api/docs/guides/error-codes

import { isObject, type JsonObject, parseJson } from "../fields.ts";
import { readHttpDate } from "../http-date.ts";
import { modelErrorCode, requestedDelayMs } from "./errors.ts";

export interface HandshakeRefusal {
  readonly status: number;
  /** `x-request-id`, for OpenAI's support. */
  readonly requestId: string | undefined;
  /**
   * `retry-after-ms`, else Retry-After in seconds or as a date (RFC 9110 section 10.2.3), else the time that the
   * message asks to wait. At most MAX_RETRY_AFTER_MS; 0 for a date in the past.
   */
  readonly retryAfterMs: number | undefined;
  /** The body's error as errors.ts spells it, else `error.code`, else `error.type`: "invalid_api_key". */
  readonly code: string | undefined;
  /** `error.message`, else the beginning of the body; on one line, with keys masked. */
  readonly message: string | undefined;
}

/** A longer wait is read as this one: no caller waits a day. */
export const MAX_RETRY_AFTER_MS = 86_400_000;
/** Longer messages are cut. */
export const MAX_MESSAGE_CHARS = 300;
/** Codes are identifiers; anything else is ignored. */
const codePattern = /^[\w.-]{1,64}$/;
const MAX_REQUEST_ID_CHARS = 128;

/** Shorter keys are dummies for servers that need none; masking them would mask ordinary words. */
const MIN_SECRET_CHARS = 4;

/** OpenAI's keys, also as it quotes them ("sk-abc***xyz"). */
const keys = /\b(?:sk|ek)[-_][\w*.-]{4,}/g;

/** On one line, without control characters, with the secret and anything like a key masked. */
function sanitize(text: string, secret: string): string {
  const without = secret.length < MIN_SECRET_CHARS ? text : text.replaceAll(secret, "[masked]");
  const line = without
    .replace(keys, "[masked]")
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return line.length > MAX_MESSAGE_CHARS ? `${line.slice(0, MAX_MESSAGE_CHARS)}…` : line;
}

/** `text`: a decimal number of units. */
function readMs(text: string | undefined, unitMs: number): number | undefined {
  return text !== undefined && /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Math.ceil(Number(text) * unitMs) : undefined;
}

/** `headers`: by lower-case name. `message`: counts when they do not say. */
function readRetryAfterMs(headers: Readonly<Record<string, string>>, message: string, nowMs: number): number | undefined {
  const field = headers["retry-after"];
  const dateMs = field === undefined ? undefined : readHttpDate(field, nowMs);
  const untilDateMs = dateMs === undefined ? undefined : Math.max(0, Math.ceil(dateMs - nowMs));
  const ms = readMs(headers["retry-after-ms"], 1) ?? readMs(field, 1_000) ?? untilDateMs ?? requestedDelayMs(message);
  return ms === undefined ? undefined : Math.min(ms, MAX_RETRY_AFTER_MS);
}

/** OpenAI sends `error` as an object. Other servers send it as text, or its fields at the top. */
function readBody(body: JsonObject): { readonly code: string | undefined; readonly message: string | undefined } {
  const error = isObject(body["error"]) ? body["error"] : body;
  const [code, type] = [error["code"], error["type"]].map((value) => {
    return typeof value === "string" && codePattern.test(value) ? value : undefined;
  });
  const number = typeof error["code"] === "number" ? String(error["code"]) : undefined;
  const message = [error["message"], error["error"]].find((value) => typeof value === "string") as string | undefined;
  return { code: modelErrorCode({ code: code ?? number, type, message }) ?? code ?? type, message };
}

/**
 * `headers`: by lower-case name. `body`: of any kind. `secret`: the key that was sent; servers may quote it, but no
 * result contains it. `nowMs`: since the Unix epoch, for a Retry-After that is a date. Never throws.
 */
export function readRefusal(
  status: number,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  secret: string,
  nowMs: number,
): HandshakeRefusal {
  const json = parseJson(body);
  const { code, message } = readBody(isObject(json) ? json : {});
  const text = sanitize(message ?? body, secret);
  const requestId = headers["x-request-id"];
  return {
    status,
    requestId: requestId === undefined ? undefined : sanitize(requestId, secret).slice(0, MAX_REQUEST_ID_CHARS) || undefined,
    retryAfterMs: readRetryAfterMs(headers, text, nowMs),
    code: code === undefined || sanitize(code, secret) !== code ? undefined : code,
    message: text === "" ? undefined : text,
  };
}

/**
 * Without the status: "refused: rate_limit_exceeded: Rate limit reached for requests (retry after 20 s, request
 * req_1)".
 */
export function describeRefusal({ requestId, retryAfterMs, code, message }: HandshakeRefusal): string {
  const after = retryAfterMs === undefined ? [] : [`retry after ${retryAfterMs / 1_000} s`];
  const more = [...after, ...(requestId === undefined ? [] : [`request ${requestId}`])].join(", ");
  return `${["refused", code, message].filter((part) => part !== undefined).join(": ")}${more === "" ? "" : ` (${more})`}`;
}
