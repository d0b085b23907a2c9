// What the Realtime API says when it does not take a client event: each error once, with its text. Not when: that is with each event.
// Texts in quotation marks in the comments were captured from the API; the others are worded as the API words its like.
// Follows https://developers.openai.com/api/docs/guides/realtime-conversations#handling-errors

/** The inside of an `error` event, but for `event_id`. */
export interface ApiError {
  readonly type: "invalid_request_error" | "server_error";
  readonly code: string | null;
  readonly message: string;
  readonly param: string | null;
}

/** A client event that was not taken, and why; what else an operation may return has no such field. */
export interface Rejection {
  readonly refused: ApiError;
}

/** Whether an operation's result is a {@link Refusal}. */
export function isRejection(value: object): value is Rejection {
  return "refused" in value;
}

function invalid(code: string | null, message: string, param: string | null): Rejection {
  return { refused: { type: "invalid_request_error", code, message, param } };
}

/** The frame is no JSON object. */
export function notJson(): Rejection {
  return invalid(null, "The server could not parse your message: it is not a valid JSON object.", null);
}

/** A field that has to be there is not. */
export function missing(param: string): Rejection {
  return invalid("missing_required_parameter", `Missing required parameter: '${param}'.`, param);
}

/** A field that does not exist: also what the beta's shape, and `rate` on G.711, come to. */
export function unknownParameter(param: string): Rejection {
  return invalid("unknown_parameter", `Unknown parameter: '${param}'.`, param);
}

/** A field of the wrong type; `expected` as "a string". */
export function wrongType(param: string, expected: string, value: unknown): Rejection {
  const got = value === null ? "null" : Array.isArray(value) ? "an array" : typeof value;
  return invalid("invalid_type", `Invalid type for '${param}': expected ${expected}, but got ${got} instead.`, param);
}

/** A field whose value is not among those there are. */
export function notAmong(param: string, value: unknown, supported: readonly string[]): Rejection {
  const list = supported.map((name) => `'${name}'`).join(", ");
  return invalid("invalid_value", `Invalid value: '${String(value)}'. Supported values are: ${list}.`, param);
}

/** A value that is of the right type but cannot be. */
export function invalidValue(param: string, message: string): Rejection {
  return invalid("invalid_value", message, param);
}

/** No item of this id. */
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

/** "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has 0.00ms of audio." */
export function commitEmpty(bufferMs: number): Rejection {
  const message = `Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has ${bufferMs.toFixed(2)}ms of audio.`;
  return invalid("input_audio_buffer_commit_empty", message, null);
}

/** "Audio content of 9250ms is already shorter than 57340ms" (twilio-samples/speech-assistant-openai-realtime-api-python#45). */
export function alreadyShorter(audioMs: number, audioEndMs: number): Rejection {
  return invalid("invalid_value", `Audio content of ${audioMs}ms is already shorter than ${audioEndMs}ms`, "audio_end_ms");
}

/** "Only model output audio messages can be truncated", which has no code. */
export function notTruncatable(): Rejection {
  return invalid(null, "Only model output audio messages can be truncated", null);
}

/** "Cancellation failed: no active response found": the harmless race of a cancel with the response's end. */
export function nothingToCancel(): Rejection {
  return invalid("response_cancel_not_active", "Cancellation failed: no active response found", null);
}

/** "Conversation already has an active response in progress: resp_…. Wait until the response is finished before creating a new one." */
export function alreadyResponding(responseId: string): Rejection {
  const message = `Conversation already has an active response in progress: ${responseId}. Wait until the response is finished before creating a new one.`;
  return invalid("conversation_already_has_active_response", message, null);
}

/** Too much is going on at once: this double's own bound on parallel responses. */
export function tooManyResponses(limit: number): Rejection {
  return invalid("rate_limit_exceeded", `Too many responses in progress: at most ${limit}.`, null);
}

/** The session is over after its longest time; the socket is then closed with 1001. */
export function sessionExpired(minutes: number): ApiError {
  const message = `Your session hit the maximum duration of ${minutes} minutes.`;
  return { type: "invalid_request_error", code: "session_expired", message, param: null };
}
