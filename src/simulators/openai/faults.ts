// The ways in which a model server fails, as data. Most were reported by users; the sources are beside them. Each fault
// has a name and is deterministic. Faults of a session (`wireFaults`) are options of the session; faults before the
// WebSocket opens (`handshakeFaults`) are HTTP answers for simulators/sockets/model-simulator.ts.

import type { BrainReply, ReplyEnd } from "./brains/brain.ts";
import type { ApiError } from "./rejections.ts";

/** The faults of a session, and what a client sees. */
export const wireFaults = {
  silent: "sends nothing after the 101, not even session.created",
  "invalid-key": "error invalid_api_key, then close 3000",
  "beta-disabled": "error beta_api_shape_disabled, then close 4000, as for a client that sends OpenAI-Beta",
  "no-session-updated": "applies session.update without session.updated, as some compatible servers do",
  "beta-event-names": "uses the beta's event names and shapes, as some compatible servers do",
  "model-not-found": "every response fails: the model does not exist, or the account has no access to it",
  "quota-exceeded": "every response fails: the account has no quota left",
  "rate-limited": "every response fails: the rate limit is reached",
  "response-stalls": "response.created, then nothing",
  "incomplete-max-tokens": "every response ends incomplete (max_output_tokens) after half of its audio",
  "incomplete-content-filter": "every response ends incomplete (content_filter) after half of its audio",
  "audio-in-two-items": "a response splits its audio into two message items",
  "audio-all-at-once": "the audio of a response is sent in one delta",
  "audio-after-cancel": "a cancelled response sends more audio after its response.done",
  "connection-lost-mid-response": "the connection breaks without a close frame, during the first response's audio",
  "close-1011-mid-response": "close 1011, during the first response's audio",
  "session-expires-mid-response": "error session_expired, then close 1001, during the first response's audio",
} as const;

export type WireFault = keyof typeof wireFaults;

/** The end of a connection. Code 1006, which cannot be sent, means a connection that breaks without a close frame. */
export interface SessionClose {
  readonly code: number;
  readonly reason: string;
}

/** A session rejected after the 101: an error event, then the close. */
export function rejectedSession(fault: "invalid-key" | "beta-disabled"): { readonly error: ApiError; readonly close: SessionClose } {
  const [code, message, closeCode] =
    fault === "invalid-key"
      ? // Close codes and reasons: github.com/langwatch/scenario/pull/604 and reports from 2024. Not documented.
        ["invalid_api_key", incorrectKey, 3000]
      : ["beta_api_shape_disabled", "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.", 4000];
  return {
    error: { type: "invalid_request_error", code, message, param: null },
    close: { code: closeCode, reason: `invalid_request_error.${code}` },
  };
}

/** How the connection ends in the middle of a response. `expired`: an error event session_expired comes first. */
export function midResponseEnd(faults: ReadonlySet<WireFault>): { readonly expired: boolean; readonly close: SessionClose } | undefined {
  if (faults.has("connection-lost-mid-response")) return { expired: false, close: { code: 1006, reason: "" } };
  if (faults.has("close-1011-mid-response")) return { expired: false, close: { code: 1011, reason: "internal error" } };
  if (faults.has("session-expires-mid-response")) return { expired: true, close: { code: 1001, reason: "session_expired" } };
  return undefined;
}

/**
 * How every response fails. Texts: developers.openai.com/api/docs/guides/error-codes; for model_not_found:
 * github.com/openai/openai-realtime-console/issues/561
 */
function responseFailure(faults: ReadonlySet<WireFault>, model: string): ReplyEnd | undefined {
  if (faults.has("model-not-found")) {
    const message = `The model \`${model}\` does not exist or you do not have access to it.`;
    return { type: "failed", errorType: "invalid_request_error", code: "model_not_found", message };
  }
  if (faults.has("quota-exceeded")) {
    const message = "You exceeded your current quota, please check your plan and billing details.";
    return { type: "failed", errorType: "insufficient_quota", code: "insufficient_quota", message };
  }
  if (faults.has("rate-limited")) {
    const message = `Rate limit reached for ${model} on tokens per min (TPM). Please try again in 1.2s.`;
    return { type: "failed", errorType: "tokens", code: "rate_limit_exceeded", message };
  }
  return undefined;
}

/** A brain's reply, changed by the faults that affect replies. */
export function faultyReply(reply: BrainReply, faults: ReadonlySet<WireFault>, model: string): BrainReply {
  const failed = responseFailure(faults, model);
  if (failed !== undefined) return { items: [], end: failed };
  if (faults.has("response-stalls")) return { items: [], end: { type: "stalled" } };
  if (faults.has("audio-in-two-items")) return { ...reply, items: splitFirstItem(reply) };
  if (faults.has("incomplete-max-tokens"))
    return { items: splitFirstItem(reply).slice(0, 1), end: { type: "incomplete", reason: "max_output_tokens" } };
  if (faults.has("incomplete-content-filter"))
    return { items: splitFirstItem(reply).slice(0, 1), end: { type: "incomplete", reason: "content_filter" } };
  return reply;
}

/** Splits the first item in two if it is audio. */
function splitFirstItem(reply: BrainReply): BrainReply["items"] {
  const [first, ...others] = reply.items;
  if (first?.type !== "audio") return reply.items;
  const bytes = Math.floor(first.mulaw.length / 2);
  const chars = Math.floor(first.transcript.length / 2);
  return [
    { type: "audio", mulaw: first.mulaw.subarray(0, bytes), transcript: first.transcript.slice(0, chars) },
    { type: "audio", mulaw: first.mulaw.subarray(bytes), transcript: first.transcript.slice(chars) },
    ...others,
  ];
}

/** An HTTP answer to the handshake other than 101. */
export interface HandshakeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const incorrectKey = "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.";

function errorAnswer(
  status: number,
  error: Omit<ApiError, "type"> & { readonly type: string },
  headers: Readonly<Record<string, string>> = {},
): HandshakeAnswer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify({ error }) };
}

/** By HTTP status. Follows https://developers.openai.com/api/docs/guides/error-codes */
export const handshakeFaults = {
  "400": errorAnswer(400, {
    message: "You must provide a model parameter.",
    type: "invalid_request_error",
    param: "model",
    code: "missing_model",
  }),
  "401": errorAnswer(401, { message: incorrectKey, type: "invalid_request_error", param: null, code: "invalid_api_key" }),
  "403": errorAnswer(403, {
    message: "Country, region, or territory not supported",
    type: "request_forbidden",
    param: null,
    code: "unsupported_country_region_territory",
  }),
  "404": errorAnswer(404, {
    message: "The model does not exist or you do not have access to it.",
    type: "invalid_request_error",
    param: null,
    code: "model_not_found",
  }),
  "429": errorAnswer(
    429,
    { message: "Rate limit reached for requests. Please try again in 20s.", type: "requests", param: null, code: "rate_limit_exceeded" },
    { "retry-after": "20", "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20s" },
  ),
  "500": errorAnswer(500, {
    message: "The server had an error while processing your request.",
    type: "server_error",
    param: null,
    code: null,
  }),
  "503": errorAnswer(
    503,
    { message: "The engine is currently overloaded, please try again later.", type: "server_error", param: null, code: null },
    { "retry-after": "5" },
  ),
} as const;

export type HandshakeFault = keyof typeof handshakeFaults;
