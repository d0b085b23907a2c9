// The Realtime API's error codes: what each does to a call, what it means, and the fix; which code an error has that
// does not state it; and the time that an error asks to wait. Not the shape of an error on the wire (realtime.ts,
// refusal.ts). Follows https://developers.openai.com/api/docs/guides/error-codes and
// https://developers.openai.com/api/docs/guides/realtime-conversations#error-handling

export type ModelErrorEffect =
  /** The same request fails again: the call gives up on the model. */
  | "fatal"
  /** A later attempt, or another session, may succeed. */
  | "retryable"
  /** Our message lost a race with the server; nothing is missing. */
  | "harmless";

export interface ModelErrorAdvice {
  readonly effect: ModelErrorEffect;
  readonly meaning: string;
  readonly fix: string;
}

const addCredit = "add credit or raise the limit: https://platform.openai.com/settings/organization/billing";
const reportBug = "if it comes back, report a bug in voice with the call's log";
const checkSettings = `check the setting that the error's param names; ${reportBug}`;

export const modelErrors: Readonly<Record<string, ModelErrorAdvice>> = {
  invalid_api_key: {
    effect: "fatal",
    meaning: "the API key is not valid",
    fix: "copy the key from https://platform.openai.com/api-keys into OPENAI_API_KEY again",
  },
  unsupported_country_region_territory: {
    effect: "fatal",
    meaning: "OpenAI does not serve this host's country",
    fix: "run voice in a country that OpenAI serves",
  },
  missing_model: { effect: "fatal", meaning: "the request names no model", fix: "set OPENAI_MODEL" },
  model_not_found: {
    effect: "fatal",
    meaning: "the model does not exist, or the key's project may not use it",
    fix: "check the spelling (OPENAI_MODEL), and the project's allowed models: https://platform.openai.com/settings",
  },
  invalid_model: {
    effect: "fatal",
    meaning: "the model does not support Realtime sessions",
    fix: "set OPENAI_MODEL to a Realtime model, such as gpt-realtime-2.1",
  },
  beta_api_shape_disabled: {
    effect: "fatal",
    meaning: "the request uses the beta API, which was shut down in May 2026",
    fix: "remove the OpenAI-Beta header that a proxy adds: voice does not send it",
  },
  insufficient_quota: { effect: "fatal", meaning: "the account's credit or budget is used up", fix: addCredit },
  billing_hard_limit_reached: { effect: "fatal", meaning: "the account's spending limit is reached", fix: addCredit },
  billing_not_active: { effect: "fatal", meaning: "billing is not active for the account", fix: addCredit },
  rate_limit_exceeded: {
    effect: "retryable",
    meaning: "too many requests or tokens per minute",
    fix: "wait or raise the limit: https://platform.openai.com/settings/organization/limits",
  },
  server_error: { effect: "retryable", meaning: "an error on the server's side", fix: "see https://status.openai.com" },
  session_expired: {
    effect: "retryable",
    meaning: "the session reached its maximum age, 60 minutes with OpenAI",
    fix: "none needed: voice opens another session",
  },
  conversation_already_has_active_response: {
    effect: "retryable",
    meaning: "a response was requested while another one was in progress",
    fix: "none needed: voice asks again when that response is done",
  },
  invalid_value: { effect: "retryable", meaning: "a field of a message has a value that the server rejects", fix: checkSettings },
  invalid_type: { effect: "retryable", meaning: "a field of a message has a type that the server rejects", fix: checkSettings },
  missing_required_parameter: { effect: "retryable", meaning: "a message lacks a field that the server requires", fix: checkSettings },
  unknown_parameter: { effect: "retryable", meaning: "a message has a field that the server does not know", fix: checkSettings },
  cannot_update_voice: {
    effect: "retryable",
    meaning: "the voice cannot change after the session's first audio",
    fix: reportBug,
  },
  response_cancel_not_active: {
    effect: "harmless",
    meaning: "a response was cancelled that was already complete",
    fix: "none needed",
  },
  item_not_found: {
    effect: "harmless",
    meaning: "a message names an item that the server does not have, or no longer has",
    fix: "none needed",
  },
  input_audio_buffer_commit_empty: {
    effect: "harmless",
    meaning: "less than 100 ms of audio was waiting to be committed",
    fix: "none needed",
  },
};

/** Codes and types that other servers, and older versions of the API, use for the codes above. */
const aliases: Readonly<Record<string, string | undefined>> = {
  // OpenAI's `type` of a rate limit names what is limited.
  tokens: "rate_limit_exceeded",
  requests: "rate_limit_exceeded",
  rate_limit_error: "rate_limit_exceeded",
  rate_limit_reached: "rate_limit_exceeded",
  RateLimitReached: "rate_limit_exceeded",
  too_many_requests: "rate_limit_exceeded",
  slow_down: "rate_limit_exceeded",
  "429": "rate_limit_exceeded",
  quota_exceeded: "insufficient_quota",
  billing_error: "billing_not_active",
  authentication_error: "invalid_api_key",
  api_error: "server_error",
  internal_error: "server_error",
  internal_server_error: "server_error",
  overloaded_error: "server_error",
};

/** What the API writes where it leaves the code out. */
const messages: readonly (readonly [message: RegExp, code: string])[] = [
  [/already has an active response/i, "conversation_already_has_active_response"],
  [/no active response/i, "response_cancel_not_active"],
  [/exceeded your current quota/i, "insufficient_quota"],
  [/rate limit|too many requests/i, "rate_limit_exceeded"],
  [/(?:incorrect|invalid) api key/i, "invalid_api_key"],
  [/maximum duration/i, "session_expired"],
  [/does not exist or you do not have access/i, "model_not_found"],
];

/** The fields of an error that say which it is. */
export interface ErrorNames {
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly message: string | undefined;
}

/**
 * The code of an error, as the table above spells it: its `code`, else its `type`, else the code whose message it has.
 * A `type` that is final counts more than a code that is not: a used-up quota may come with a rate limit's code.
 * Undefined when none of them is known.
 */
export function modelErrorCode({ code, type, message = "" }: ErrorNames): string | undefined {
  const byCode = knownCode(code);
  const byType = knownCode(type);
  if (isFatal(byType) && !isFatal(byCode)) return byType;
  const specificType = byType === "server_error" ? undefined : byType;
  return byCode ?? specificType ?? messages.find(([pattern]) => pattern.test(message))?.[1] ?? byType;
}

function isFatal(code: string | undefined): boolean {
  return modelErrorEffect(code) === "fatal";
}

function knownCode(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (Object.hasOwn(modelErrors, name)) return name;
  return Object.hasOwn(aliases, name) ? aliases[name] : undefined;
}

/** "Please try again in 1m26.4s.", "Retry after 20 seconds" */
const ASKS_TO_WAIT = /(?:try again|retry|wait) (?:in|after|for) /i;
const AMOUNT = /[\s,]*(?:and\s+)?(\d+(?:\.\d+)?)\s*([a-zµ]*)/iy;
const UNITS: readonly (readonly [name: RegExp, ms: number])[] = [
  [/^(?:d|days?)$/i, 86_400_000],
  [/^(?:h|hrs?|hours?)$/i, 3_600_000],
  [/^(?:m|mins?|minutes?)$/i, 60_000],
  [/^(?:|s|secs?|seconds?)$/i, 1_000],
  [/^(?:ms|msecs?|millis|milliseconds?)$/i, 1],
  [/^(?:[uµn]s|microseconds?|nanoseconds?)$/i, 0],
];

/**
 * The time that a message asks to wait, whole milliseconds: "2h3m", "1m26.4s", "350ms", "20 seconds"; a number alone is
 * seconds. Undefined when it names none.
 */
export function requestedDelayMs(message: string): number | undefined {
  const asks = ASKS_TO_WAIT.exec(message);
  if (asks === null) return undefined;
  let totalMs: number | undefined;
  AMOUNT.lastIndex = asks.index + asks[0].length;
  for (let found = AMOUNT.exec(message); found !== null; found = AMOUNT.exec(message)) {
    const [, amount = "", name = ""] = found;
    const unitMs = UNITS.find(([pattern]) => pattern.test(name))?.[1];
    if (unitMs === undefined) break;
    totalMs = (totalMs ?? 0) + Number(amount) * unitMs;
    // What follows a number alone is another sentence.
    if (name === "") break;
  }
  AMOUNT.lastIndex = 0;
  return totalMs === undefined ? undefined : Math.ceil(totalMs);
}

/** By the status of a refused request, where the code says nothing. */
const statusFixes: Readonly<Record<number, string | undefined>> = {
  401: modelErrors["invalid_api_key"]?.fix,
  403: "give the key's project access to this model, and the key permission to read models",
  404: modelErrors["model_not_found"]?.fix,
  429: "wait, raise the limit or add credit: https://platform.openai.com/settings/organization/billing",
};

function adviceOf(code: string | undefined): ModelErrorAdvice | undefined {
  return code !== undefined && Object.hasOwn(modelErrors, code) ? modelErrors[code] : undefined;
}

/** The effect of an error on a call. A code that is not in the table is retryable. */
export function modelErrorEffect(code: string | undefined): ModelErrorEffect {
  return adviceOf(code)?.effect ?? "retryable";
}

/** The fix, by code, else by HTTP status; undefined where neither is known. */
export function modelErrorFix(code: string | undefined, httpStatus?: number): string | undefined {
  return adviceOf(code)?.fix ?? (httpStatus === undefined ? undefined : statusFixes[httpStatus]);
}
