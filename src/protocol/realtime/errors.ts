// The Realtime API's error codes: what each does to a call, what it means, and the fix. Not the shape of an error on
// the wire (realtime.ts, refusal.ts). Follows https://developers.openai.com/api/docs/guides/error-codes and
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

/** By `code`, or by `type` where the server leaves the code out. */
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
