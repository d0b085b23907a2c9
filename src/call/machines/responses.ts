// Responses of the model: one `response.create` of ours in flight, and the ids whose late audio is dropped.
// Follows https://developers.openai.com/api/docs/guides/realtime-conversations ; a second one is refused: `conversation_already_has_active_response`.

/** A response that we want: what asked for it, and what the model is told for it alone. */
export interface WantedResponse {
  readonly for: "greeting" | "keys" | "retry";
  readonly instructions?: string;
}

/** What the model is doing, as far as responses go. */
type ResponseState =
  | { readonly type: "idle" }
  /** We sent `response.create`; the server has not said `response.created`. */
  | { readonly type: "asked"; readonly asked: AskedResponse }
  /** `asked` is the one of ours that this may be: the server does not say, and may have begun one of its own before it refuses ours. */
  | { readonly type: "active"; readonly responseId: string; readonly hasAudio: boolean; readonly asked: AskedResponse | undefined };

/** A `response.create` that was sent. */
interface AskedResponse {
  readonly eventId: string;
  readonly wanted: WantedResponse;
}

/** The responses of one model session. */
export interface Responses {
  readonly current: ResponseState;
  /** Asked for while another was running: sent when that one is done. */
  readonly waiting: WantedResponse | undefined;
  /** Interrupted: audio of these that comes late is not played. */
  readonly discarded: readonly string[];
  readonly nextEvent: number;
  readonly failuresInRow: number;
}

/** Discarded ids remembered; a server is done with a cancelled response before it has begun many more. */
export const DISCARDED_MAX = 16;

/** No response asked for. */
export const noResponses: Responses = { current: { type: "idle" }, waiting: undefined, discarded: [], nextEvent: 1, failuresInRow: 0 };

/** What became of it, and the `response.create` to send now, if any. */
export interface ResponsesStep {
  readonly responses: Responses;
  readonly send: AskedResponse | undefined;
}

/** Leaves a response to be asked for later: when the running one is done, or when the model is ready. */
export function awaitTurn(responses: Responses, wanted: WantedResponse): Responses {
  return { ...responses, waiting: wanted };
}

/** Asks for a response: now when none is running, else when that one is done. */
export function wantResponse(responses: Responses, wanted: WantedResponse): ResponsesStep {
  if (responses.current.type !== "idle") return { responses: awaitTurn(responses, wanted), send: undefined };
  const asked = { eventId: `voice_respond_${responses.nextEvent}`, wanted };
  const current = { type: "asked", asked } as const;
  return { responses: { ...responses, current, waiting: undefined, nextEvent: responses.nextEvent + 1 }, send: asked };
}

/** The server has begun a response, ours or its own. */
export function responseStarted(responses: Responses, responseId: string): Responses {
  return { ...responses, current: { type: "active", responseId, hasAudio: false, asked: askedOf(responses) } };
}

/** Audio came for it. A server that does not announce its responses is taken at the audio's word. */
export function responseHasAudio(responses: Responses, responseId: string): Responses {
  const { current } = responses;
  if (current.type === "active" && current.responseId === responseId && current.hasAudio) return responses;
  return { ...responses, current: { type: "active", responseId, hasAudio: true, asked: askedOf(responses) } };
}

/** Whether this response's first audio is still to come. */
export function isFirstAudio(responses: Responses, responseId: string): boolean {
  const { current } = responses;
  return !(current.type === "active" && current.responseId === responseId && current.hasAudio);
}

/** Whether this is the response that runs, and has had no audio: ended so, it is silence to the caller. */
export function isSilent({ current }: Responses, responseId: string): boolean {
  return current.type === "active" && current.responseId === responseId && !current.hasAudio;
}

/** The server is done with a response; what waited is asked for now. */
export function responseDone(responses: Responses, responseId: string, failed: boolean): ResponsesStep {
  const { current, waiting } = responses;
  // A late end of another response than the running one: nothing becomes free.
  if (current.type === "active" && current.responseId !== responseId) return { responses, send: undefined };
  // Ours is asked for and not begun: this is the end of an older one, unless it failed before the server had announced it.
  if (current.type === "asked" && !failed) return { responses, send: undefined };
  const idle = { ...responses, current: { type: "idle" } as const };
  return waiting === undefined ? { responses: idle, send: undefined } : wantResponse(idle, waiting);
}

/** The server refused our `response.create`. Refused because another runs, that one is the answer; only a key is still to be answered after it. */
export function responseRefused(responses: Responses, eventId: string, anotherIsActive: boolean): Responses {
  const { current } = responses;
  const asked = askedOf(responses);
  if (asked === undefined || asked.eventId !== eventId) return responses;
  const again = anotherIsActive && asked.wanted.for === "keys" ? asked.wanted : undefined;
  const left = current.type === "active" ? { ...current, asked: undefined } : ({ type: "idle" } as const);
  return { ...responses, current: left, waiting: responses.waiting ?? again };
}

/** A `response.create` that is not sent yet after all: left for later. */
export function putOff(responses: Responses, wanted: WantedResponse): Responses {
  return { ...responses, current: responses.current.type === "asked" ? { type: "idle" } : responses.current, waiting: wanted };
}

/** The caller speaks: their words are answered, and what was still to be asked for is not. */
export function forgetWaiting(responses: Responses): Responses {
  return responses.waiting === undefined ? responses : { ...responses, waiting: undefined };
}

/** The caller spoke or pressed over it: the running response is discarded, late audio and all. */
export function discardActive(responses: Responses): Responses {
  const { current } = responses;
  return current.type === "active" ? discard(responses, current.responseId) : responses;
}

/** Discards a response by its id, running or not. */
export function discard(responses: Responses, responseId: string): Responses {
  if (responses.discarded.includes(responseId)) return responses;
  return { ...responses, discarded: [...responses.discarded, responseId].slice(-DISCARDED_MAX) };
}

/** Whether late audio of this response is to be dropped. */
export function isDiscarded(responses: Responses, responseId: string): boolean {
  return responses.discarded.includes(responseId);
}

/** How a response ended: failures in a row are counted, and one that was completed ends the row. */
export function countFailure(responses: Responses, failed: boolean): Responses {
  return { ...responses, failuresInRow: failed ? responses.failuresInRow + 1 : 0 };
}

/** The model session is gone. A response that was due is asked of the next one; ids go on, for they name events of one call. */
export function restartResponses(responses: Responses, due: boolean): Responses {
  const waiting = responses.waiting ?? (due ? ({ for: "retry" } as const) : undefined);
  return { ...noResponses, waiting, nextEvent: responses.nextEvent, failuresInRow: responses.failuresInRow };
}

/** Whether a response is on its way that the caller is to hear: asked for, or running and not discarded. */
export function isComing(responses: Responses): boolean {
  const { current } = responses;
  return current.type === "asked" || (current.type === "active" && !isDiscarded(responses, current.responseId));
}

function askedOf({ current }: Responses): AskedResponse | undefined {
  return current.type === "idle" ? undefined : current.asked;
}
