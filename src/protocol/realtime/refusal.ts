// What a Realtime server says when it answers the handshake with another status than 101: headers and JSON body -> the facts, and one line of words.
// Not what it says after the 101 (realtime.ts). Follows https://developers.openai.com/api/docs/guides/error-codes

import { isObject, parseJson } from "../fields.ts";

/** A refused handshake, in facts. */
export interface HandshakeRefusal {
  readonly status: number;
  /** `x-request-id`, which OpenAI's support asks for. */
  readonly requestId: string | undefined;
  /** Milliseconds: `retry-after-ms`, else Retry-After in seconds (RFC 9110 10.2.3; a date, its other form, is nothing that model servers send). */
  readonly retryAfterMs: number | undefined;
  /** `error.code` of the body; `error.type` where the code is null: "invalid_api_key", "rate_limit_exceeded", "server_error". */
  readonly code: string | undefined;
  /** `error.message`, or what the body begins with when it is no such JSON; on one line, without keys. */
  readonly message: string | undefined;
}

/** Longest words of a server's that we pass on. */
export const MAX_MESSAGE_CHARS = 300;
/** Codes are identifiers; anything else is words that want to pass for one. */
const codePattern = /^[\w.-]{1,64}$/;
const MAX_REQUEST_ID_CHARS = 128;

/** A shorter key is a word for a server of one's own that wants none; masking it would black out words. */
const MIN_SECRET_CHARS = 4;

/** OpenAI's keys and what it makes of them when it quotes one ("sk-abc***xyz"). */
const keys = /\b(?:sk|ek)[-_][\w*.-]{4,}/g;

/** The words on one line, without control characters, the secret or anything like a key. */
function plain(text: string, secret: string): string {
  const without = secret.length < MIN_SECRET_CHARS ? text : text.replaceAll(secret, "[masked]");
  const line = without
    .replace(keys, "[masked]")
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return line.length > MAX_MESSAGE_CHARS ? `${line.slice(0, MAX_MESSAGE_CHARS)}…` : line;
}

/** A number of so many milliseconds each, as decimal text. */
function readMs(text: string | undefined, unitMs: number): number | undefined {
  return text !== undefined && /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Math.ceil(Number(text) * unitMs) : undefined;
}

/**
 * Reads a refusal: `headers` by name in small letters, `body` of any kind. `secret` is the key that was sent, which a server may quote, and which is in
 * nothing that is returned. Never throws.
 */
export function readRefusal(
  status: number,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  secret: string,
): HandshakeRefusal {
  const json = parseJson(body);
  const error = isObject(json) && isObject(json["error"]) ? json["error"] : {};
  const code = [error["code"], error["type"]].find((value) => typeof value === "string" && codePattern.test(value)) as string | undefined;
  const words = plain(typeof error["message"] === "string" ? error["message"] : body, secret);
  const requestId = headers["x-request-id"];
  return {
    status,
    requestId: requestId === undefined ? undefined : plain(requestId, secret).slice(0, MAX_REQUEST_ID_CHARS) || undefined,
    retryAfterMs: readMs(headers["retry-after-ms"], 1) ?? readMs(headers["retry-after"], 1_000),
    code: code === undefined || plain(code, secret) !== code ? undefined : code,
    message: words === "" ? undefined : words,
  };
}

/** The refusal on one line, but for its status: "refused: rate_limit_exceeded: Rate limit reached for requests (retry after 20 s, request req_1)". */
export function describeRefusal({ requestId, retryAfterMs, code, message }: HandshakeRefusal): string {
  const after = retryAfterMs === undefined ? [] : [`retry after ${retryAfterMs / 1_000} s`];
  const more = [...after, ...(requestId === undefined ? [] : [`request ${requestId}`])].join(", ");
  return `${["refused", code, message].filter((part) => part !== undefined).join(": ")}${more === "" ? "" : ` (${more})`}`;
}
