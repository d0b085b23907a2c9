// Requesting responses, and what follows when one is late, rejected or fails. A response that is due has a deadline;
// one that fails is requested once more. Which one is current and which is queued is machines/responses.ts's part.

import type { ModelError } from "../../protocol/realtime/realtime.ts";
import type { Effect } from "../effects.ts";
import type { ModelEvent } from "../events.ts";
import { isFatalError, provenLeg, retryDelayMs } from "../machines/model-leg.ts";
import { partsComplete } from "../machines/playout.ts";
import {
  countFailure,
  isComing,
  isDiscarded,
  isSilent,
  postponeResponse,
  queueResponse,
  type ResponsesStep,
  responseDone,
  responseRejected,
  responseStarted,
  type WantedResponse,
  wantResponse,
} from "../machines/responses.ts";
import { beginTurn } from "../machines/turns.ts";
import { applyPlayout, type Call, change, clearDeadlines, enterPhase, order, type Step, setDeadline } from "../state.ts";
import { beginWait, scheduleFiller } from "./caller-wait.ts";
import { giveUp, recordFallback } from "./fallback.ts";
import { rollOver } from "./roll-over.ts";

/** After so many failures in a row, with a request in between, the call is given up. */
export const FAILURES_MAX = 2;

/**
 * Requests the greeting, an answer to a key, or a missed reply. A model that is not ready gets the request once it
 * is.
 */
export function requestResponse(step: Step, atMs: number, why: WantedResponse["for"]): Step {
  const { model, responses, settings, turns } = step.call;
  const wanted = wantedFor(why, settings.greeting);
  if (model.state !== "ready") return change(step, { responses: queueResponse(responses, wanted) });
  const begun = why === "greeting" ? change(step, { turns: beginTurn(turns, why, atMs, undefined) }) : step;
  // The deadline applies also to a queued request: a server that ignores cancels may never end the current response.
  return awaitReply(applyResponses(begun, atMs, wantResponse(responses, wanted)), atMs);
}

function wantedFor(why: WantedResponse["for"], greeting: string): WantedResponse {
  return why === "greeting" ? { for: why, instructions: greeting } : { for: why };
}

/** Requests what is queued: the model is ready again, or its rate limit is over. */
export function requestQueued(step: Step, atMs: number): Step {
  const { responses } = step.call;
  if (responses.queued === undefined) return step;
  return awaitReply(applyResponses(step, atMs, wantResponse(responses, responses.queued)), atMs);
}

/** The caller missed a reply while no stream was open: it is requested again for the next one. */
export function markReplyDue(step: Step): Step {
  const { caller } = step.call;
  return "replyDue" in caller ? change(step, { caller: { ...caller, replyDue: true } }) : step;
}

/** The server has started a response. */
export function onResponseStarted(step: Step, { responseId }: Extract<ModelEvent, { type: "model.responseStarted" }>): Step {
  return change(step, { responses: responseStarted(step.call.responses, responseId) });
}

/**
 * A response has ended. One that failed, or ended without audio, is requested once more. Without this a wrong model
 * name or an exhausted quota would be silence: the socket opens fine, and only this event shows it.
 */
export function onResponseDone(before: Step, event: Extract<ModelEvent, { type: "model.responseDone" }>): Step {
  const { atMs, responseId, status, error } = event;
  const step = applyPlayout(before, partsComplete(before.call.playout, event.epoch, responseId));
  const { responses, phase, model } = step.call;
  const silent = (status === "completed" || status === "incomplete") && isSilent(responses, responseId);
  const failed = status === "failed" || silent;
  const discarded = isDiscarded(responses, responseId);
  const done = responseDone(responses, responseId, failed && !discarded);
  // The end of an interrupted response: the answer to the interruption is awaited already.
  if (discarded) return applyResponses(step, atMs, done);
  // Another response is current, or ours has not started: this is the end of neither.
  if (done.responses === responses) return step;
  const greeted = phase === "greeting" && !failed ? enterPhase(step, "talking") : step;
  // `reply` stays: if it is set, another response is due, whose own audio will clear it.
  const settled = change(clearDeadlines(greeted, "stall"), { model: status === "completed" ? provenLeg(model) : model });
  const counted = { ...done, responses: countFailure(done.responses, failed) };
  return failed ? retryResponse(settled, atMs, counted, error) : rollOver(applyResponses(settled, atMs, counted), atMs);
}

/** Our `response.create` was rejected. */
export function onResponseRejected(step: Step, atMs: number, error: ModelError & { readonly eventId: string }): Step {
  const { responses } = step.call;
  const anotherIsActive = error.code === "conversation_already_has_active_response";
  const rejected = responseRejected(responses, error.eventId, anotherIsActive);
  if (rejected === responses) return step;
  if (anotherIsActive) return change(step, { responses: rejected });
  return retryResponse(step, atMs, { responses: countFailure(rejected, true), send: undefined }, error);
}

/** Requests a failed response again, unless the error is final or it failed before. A rate limit is waited out. */
function retryResponse(step: Step, atMs: number, failed: ResponsesStep, error: ModelError | undefined): Step {
  const detail = error === undefined ? "the response failed" : `${error.code ?? error.type ?? "error"}: ${error.message}`;
  if (error !== undefined && isFatalError(error)) return giveUp(step, atMs, { by: "model", cause: "modelRefused" }, detail);
  const limitMs = retryDelayMs(error);
  const { identity, phase, settings } = step.call;
  const isTooLong = limitMs !== undefined && limitMs > settings.modelReadyMs;
  if (isTooLong || failed.responses.failuresInRow >= FAILURES_MAX) return giveUp(step, atMs, { by: "model", cause: "modelFailed" }, detail);
  const logged = order(recordFallback(step, "recovered"), {
    type: "log",
    level: "warning",
    event: "response.failed",
    fields: { callSid: identity.callSid, detail },
  });
  const recovering = scheduleFiller(beginWait(logged, atMs), atMs);
  const wanted = failed.send?.wanted ?? wantedFor(phase === "greeting" ? phase : "retry", settings.greeting);
  if (limitMs !== undefined) {
    const later = setDeadline(clearDeadlines(recovering, "reply"), "retry", atMs + limitMs);
    return change(later, { responses: postponeResponse(failed.responses, wanted) });
  }
  const again = failed.send === undefined ? wantResponse(failed.responses, wanted) : failed;
  return awaitReply(applyResponses(recovering, atMs, again), atMs);
}

/** Takes over changed responses, and orders the `response.create` to send, if any. */
function applyResponses(step: Step, atMs: number, { responses, send }: ResponsesStep): Step {
  const changed = change(step, { responses });
  if (send === undefined) return changed;
  const { eventId, wanted } = send;
  const respond: Effect =
    wanted.instructions === undefined
      ? { type: "model.respond", eventId }
      : { type: "model.respond", eventId, instructions: wanted.instructions };
  return awaitReply(order(changed, respond), atMs);
}

/** Whether the caller is to hear something from the model: a response is on its way, or its deadline is set. */
export function isReplyDue({ responses, deadlines }: Call): boolean {
  return isComing(responses) || deadlines.reply !== undefined;
}

/** From now on a response is due. */
export function awaitReply(step: Step, atMs: number): Step {
  const { settings } = step.call;
  const waiting = beginWait(step, atMs);
  const { deadlines, callerWait } = waiting.call;
  // A key or a new stream postpones the reply, but not the filler that the caller hears when it takes too long.
  const lateMs = Math.max((callerWait.sinceMs ?? atMs) + settings.replyMs, atMs);
  const timely = deadlines.lateReply === undefined ? setDeadline(waiting, "lateReply", lateMs) : waiting;
  return setDeadline(timely, "reply", atMs + settings.replyMs);
}
