// The responses of one model session: at most one of our `response.create` in flight, and the ids of those that are
// over, whose late events change nothing. The API rejects a second one: `conversation_already_has_active_response`.
// https://developers.openai.com/api/docs/guides/realtime-conversations

/**
 * A response that we want: why, and instructions for this response alone. "words": what voice itself has the agent say,
 * such as a goodbye.
 */
export interface WantedResponse {
  readonly for: "greeting" | "keys" | "tool" | "retry" | "words";
  readonly instructions?: string;
  /** The model may call no tools in it. */
  readonly withoutTools?: boolean;
}

type ResponseState =
  | { readonly type: "idle" }
  /** `response.create` was sent; the server has not sent `response.created`. */
  | { readonly type: "requested"; readonly request: ResponseRequest }
  /**
   * `request` is our request that this response may answer. The server does not say which, and it may have started a
   * response of its own just before ours, which it then rejects.
   */
  | {
      readonly type: "active";
      readonly responseId: string;
      /** By `response.created`; some servers only send its audio. */
      readonly announced: boolean;
      readonly hasAudio: boolean;
      /** It calls a function or tool: complete without audio. */
      readonly hasCalls: boolean;
      readonly request: ResponseRequest | undefined;
    };

/** A `response.create` that was sent. */
interface ResponseRequest {
  readonly eventId: string;
  readonly wanted: WantedResponse;
}

export interface Responses {
  readonly current: ResponseState;
  /** Requested when the current one is done, or when the model is ready. */
  readonly queued: WantedResponse | undefined;
  /** Ids of interrupted responses: their late audio is not played. */
  readonly discarded: readonly string[];
  /** Ids of responses that are done: their late events change nothing. */
  readonly ended: readonly string[];
  readonly nextEvent: number;
  readonly failuresInRow: number;
}

/** Discarded ids remembered. A server is done with a cancelled response before it has started many more. */
export const DISCARDED_MAX = 16;
/** Ended ids remembered: late events are at most a few responses late. */
export const ENDED_MAX = 16;

const REQUESTED_AGAIN: ReadonlySet<WantedResponse["for"]> = new Set(["keys", "tool", "words"]);

export const noResponses: Responses = {
  current: { type: "idle" },
  queued: undefined,
  discarded: [],
  ended: [],
  nextEvent: 1,
  failuresInRow: 0,
};

export interface ResponsesStep {
  readonly responses: Responses;
  /** The `response.create` to send now, if any. */
  readonly send: ResponseRequest | undefined;
}

/** Queues a response, in place of one already queued. */
export function queueResponse(responses: Responses, wanted: WantedResponse): Responses {
  return { ...responses, queued: wanted };
}

/** Requests a response now, or queues it while another is in flight. */
export function wantResponse(responses: Responses, wanted: WantedResponse): ResponsesStep {
  if (responses.current.type !== "idle") return { responses: queueResponse(responses, wanted), send: undefined };
  const request = { eventId: `voice_respond_${responses.nextEvent}`, wanted };
  const current = { type: "requested", request } as const;
  return { responses: { ...responses, current, queued: undefined, nextEvent: responses.nextEvent + 1 }, send: request };
}

/** The server has started a response, ours or its own. */
export function responseStarted(responses: Responses, responseId: string): Responses {
  const request = requestOf(responses);
  const current = { type: "active", responseId, announced: true, hasAudio: false, hasCalls: false, request } as const;
  // A server that uses an id again has started another response with it.
  return { ...responses, current, ended: responses.ended.filter((id) => id !== responseId) };
}

/** Audio of a response arrived. It also starts a response that the server did not announce. */
export function responseHasAudio(responses: Responses, responseId: string): Responses {
  const { current } = responses;
  const isCurrent = current.type === "active" && current.responseId === responseId;
  if (isCurrent && current.hasAudio) return responses;
  if (isCurrent) return { ...responses, current: { ...current, hasAudio: true } };
  const request = requestOf(responses);
  return { ...responses, current: { type: "active", responseId, announced: false, hasAudio: true, hasCalls: false, request } };
}

/** The response that audio is of: the current one, where the server leaves the id out. */
export function ownerOf({ current }: Responses, responseId: string): string {
  return responseId === "" && current.type === "active" ? current.responseId : responseId;
}

/**
 * Whether audio of this response cannot be of the one that the caller is waiting for or listening to: none is, or the
 * server has announced another one.
 */
export function isStray(responses: Responses, responseId: string, isReplyDue: boolean): boolean {
  const { current } = responses;
  if (current.type === "idle") return !isReplyDue;
  if (current.type === "requested" || current.responseId === "") return false;
  return current.announced && current.responseId !== responseId && !isDiscarded(responses, current.responseId);
}

/** The current response calls a function. */
export function addCalls(responses: Responses, responseId: string): Responses {
  const { current } = responses;
  if (current.type !== "active" || current.responseId !== responseId || current.hasCalls) return responses;
  return { ...responses, current: { ...current, hasCalls: true } };
}

/** Whether this is the current response, and it calls a function. */
export function hasCalls({ current }: Responses, responseId: string): boolean {
  return current.type === "active" && current.responseId === responseId && current.hasCalls;
}

/** Whether this response is done, so that its later events are late. */
export function hasEnded({ ended }: Responses, responseId: string): boolean {
  return ended.includes(responseId);
}

/** Whether no audio of this response has arrived yet. */
export function isFirstAudio(responses: Responses, responseId: string): boolean {
  const { current } = responses;
  return !(current.type === "active" && current.responseId === responseId && current.hasAudio);
}

/** Whether this is the current response, without audio so far: if it ends now, the caller hears nothing. */
export function isSilent({ current }: Responses, responseId: string): boolean {
  return current.type === "active" && current.responseId === responseId && !current.hasAudio;
}

/** The server is done with a response; a queued one is requested now. */
export function responseDone(responses: Responses, responseId: string, failed: boolean): ResponsesStep {
  const { current, queued } = responses;
  // The late end of a response that is not the current one.
  if (current.type === "active" && current.responseId !== responseId) return { responses, send: undefined };
  // Ours was requested and has not started: this is the end of an older one, unless it failed before it was announced.
  if (current.type === "requested" && !failed) return { responses, send: undefined };
  // The same end again.
  if (current.type === "idle" && hasEnded(responses, responseId)) return { responses, send: undefined };
  // A server that leaves ids out gives all its responses the same one.
  const ended = responseId === "" ? responses.ended : [...responses.ended, responseId].slice(-ENDED_MAX);
  const idle = { ...responses, current: { type: "idle" } as const, ended };
  return queued === undefined ? { responses: idle, send: undefined } : wantResponse(idle, queued);
}

/**
 * The event id of our request that an error may reject without naming it: the one in flight. A response that has begun
 * to speak is not rejected any more.
 */
export function requestInFlight(responses: Responses): string | undefined {
  const { current } = responses;
  return current.type === "active" && current.hasAudio ? undefined : requestOf(responses)?.eventId;
}

/**
 * The server rejected our `response.create`. When it did because another response is active, that one is the answer;
 * only a key press, the result of a tool and words of voice's own still need a response after it.
 */
export function responseRejected(responses: Responses, eventId: string, anotherIsActive: boolean): Responses {
  const { current } = responses;
  const request = requestOf(responses);
  if (request === undefined || request.eventId !== eventId) return responses;
  const again = anotherIsActive && REQUESTED_AGAIN.has(request.wanted.for) ? request.wanted : undefined;
  const left = current.type === "active" ? { ...current, request: undefined } : ({ type: "idle" } as const);
  return { ...responses, current: left, queued: responses.queued ?? again };
}

/** Queues a `response.create` that was about to be sent. */
export function postponeResponse(responses: Responses, wanted: WantedResponse): Responses {
  return { ...responses, current: responses.current.type === "requested" ? { type: "idle" } : responses.current, queued: wanted };
}

/** The caller speaks: the model will answer that, so the queued response is not needed. */
export function dropQueued(responses: Responses): Responses {
  return responses.queued === undefined ? responses : { ...responses, queued: undefined };
}

/** The caller spoke or pressed a key over the active response: it is discarded, with its late audio. */
export function discardActive(responses: Responses): Responses {
  const { current } = responses;
  return current.type === "active" ? discard(responses, current.responseId) : responses;
}

/** No response is wanted any more: the active one is discarded, and none is requested. */
export function stopResponses(responses: Responses): Responses {
  const stopped = dropQueued(discardActive(responses));
  return stopped.current.type === "requested" ? { ...stopped, current: { type: "idle" } } : stopped;
}

/** Discards a response by its id, active or not. */
export function discard(responses: Responses, responseId: string): Responses {
  if (responses.discarded.includes(responseId)) return responses;
  return { ...responses, discarded: [...responses.discarded, responseId].slice(-DISCARDED_MAX) };
}

export function isDiscarded(responses: Responses, responseId: string): boolean {
  return responses.discarded.includes(responseId);
}

/** Counts failures in a row; a response that did not fail resets the count. */
export function countFailure(responses: Responses, failed: boolean): Responses {
  return { ...responses, failuresInRow: failed ? responses.failuresInRow + 1 : 0 };
}

/**
 * The state for a new session. `due`: a response was due and is requested again. Event ids go on, since they are unique
 * within a call.
 */
export function restartResponses(responses: Responses, due: boolean): Responses {
  const queued = responses.queued ?? (due ? (wordsDue(responses) ?? ({ for: "retry" } as const)) : undefined);
  return { ...noResponses, queued, nextEvent: responses.nextEvent, failuresInRow: responses.failuresInRow };
}

/** Whether a response for the caller is on its way: requested, or active and not discarded. */
export function isComing(responses: Responses): boolean {
  const { current } = responses;
  return current.type === "requested" || (current.type === "active" && !isDiscarded(responses, current.responseId));
}

/** Words of voice's own that the model was asked for, and that were not interrupted. */
export function wordsDue(responses: Responses): WantedResponse | undefined {
  const { current } = responses;
  const wanted = requestOf(responses)?.wanted;
  const isInterrupted = current.type === "active" && isDiscarded(responses, current.responseId);
  return wanted?.for === "words" && !isInterrupted ? wanted : undefined;
}

function requestOf({ current }: Responses): ResponseRequest | undefined {
  return current.type === "idle" ? undefined : current.request;
}
