// The errors with which the Realtime API rejects a client event, each defined once, with its text. When to use them is
// decided where the event is handled. Texts quoted in a docstring were captured from the API; the others imitate its
// wording.
// Follows https://developers.openai.com/api/docs/guides/realtime-conversations#handling-errors

/** The `error` field of an `error` event, without `event_id`. */
export interface ApiError {
  readonly type: "invalid_request_error" | "server_error";
  readonly code: string | null;
  readonly message: string;
  readonly param: string | null;
}

/** Why a client event was rejected. No other result of an operation has this field. */
export interface Rejection {
  readonly rejected: ApiError;
}

export function isRejection(value: object): value is Rejection {
  return "rejected" in value;
}

function invalid(code: string | null, message: string, param: string | null): Rejection {
  return { rejected: { type: "invalid_request_error", code, message, param } };
}

/** The frame is not a JSON object. */
export function notJson(): Rejection {
  return invalid(null, "The server could not parse your message: it is not a valid JSON object.", null);
}

/** A required field is missing. */
export function missing(param: string): Rejection {
  return invalid("missing_required_parameter", `Missing required parameter: '${param}'.`, param);
}

/** An unknown field. Fields of the beta, and `rate` with G.711, count as unknown. */
export function unknownParameter(param: string): Rejection {
  return invalid("unknown_parameter", `Unknown parameter: '${param}'.`, param);
}

/** A field of the wrong type. `expected` has an article: "a string". */
export function wrongType(param: string, expected: string, value: unknown): Rejection {
  const got = value === null ? "null" : Array.isArray(value) ? "an array" : typeof value;
  return invalid("invalid_type", `Invalid type for '${param}': expected ${expected}, but got ${got} instead.`, param);
}

/** A value that is not one of the supported ones. */
export function notAmong(param: string, value: unknown, supported: readonly string[]): Rejection {
  const list = supported.map((name) => `'${name}'`).join(", ");
  return invalid("invalid_value", `Invalid value: '${String(value)}'. Supported values are: ${list}.`, param);
}

/** A value of the right type that is not allowed. */
export function invalidValue(param: string, message: string): Rejection {
  return invalid("invalid_value", message, param);
}

export function itemNotFound(param: string, itemId: string): Rejection {
  return invalid("item_not_found", `Item with item_id not found: '${itemId}'.`, param);
}

/** "Cannot update a conversation's voice if assistant audio is present." */
export function cannotUpdateVoice(): Rejection {
  return invalid(
    "cannot_update_voice",
    "Cannot update a conversation's voice if assistant audio is present.",
    "session.audio.output.voice",
  );
}

/**
 * "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has 0.00ms
 * of audio."
 */
export function commitEmpty(bufferMs: number): Rejection {
  const message = `Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has ${bufferMs.toFixed(2)}ms of audio.`;
  return invalid("input_audio_buffer_commit_empty", message, null);
}

/**
 * "Audio content of 9250ms is already shorter than 57340ms"
 * (twilio-samples/speech-assistant-openai-realtime-api-python#45).
 */
export function alreadyShorter(audioMs: number, audioEndMs: number): Rejection {
  return invalid("invalid_value", `Audio content of ${audioMs}ms is already shorter than ${audioEndMs}ms`, "audio_end_ms");
}

/** "Only model output audio messages can be truncated". This error has no code. */
export function notTruncatable(): Rejection {
  return invalid(null, "Only model output audio messages can be truncated", null);
}

/** "Cancellation failed: no active response found": a harmless race of the cancel with the end of the response. */
export function nothingToCancel(): Rejection {
  return invalid("response_cancel_not_active", "Cancellation failed: no active response found", null);
}

/**
 * "Conversation already has an active response in progress: resp_…. Wait until the response is finished before creating
 * a new one."
 */
export function alreadyResponding(responseId: string): Rejection {
  const message = `Conversation already has an active response in progress: ${responseId}. Wait until the response is finished before creating a new one.`;
  return invalid("conversation_already_has_active_response", message, null);
}

/** The simulator's own limit on parallel responses. */
export function tooManyResponses(limit: number): Rejection {
  return invalid("rate_limit_exceeded", `Too many responses in progress: at most ${limit}.`, null);
}

/** The session reached its maximum duration. The socket is then closed with 1001. */
export function sessionExpired(minutes: number): ApiError {
  const message = `Your session hit the maximum duration of ${minutes} minutes.`;
  return { type: "invalid_request_error", code: "session_expired", message, param: null };
}
