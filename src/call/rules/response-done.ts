// The end of a response: complete, with functions to run, failed or rejected. One that fails is requested once more.
// Requesting them: responses.ts.

import type { ModelError } from "../../protocol/realtime/realtime.ts";
import type { ModelEvent } from "../events.ts";
import { isFatalError, provenLeg, retryDelayMs } from "../machines/model-leg.ts";
import { partsComplete } from "../machines/playout.ts";
import {
  addCalls,
  countFailure,
  hasCalls,
  isDiscarded,
  isSilent,
  postponeResponse,
  type ResponsesStep,
  requestInFlight,
  responseDone,
  responseRejected,
  wantResponse,
  wordsDue,
} from "../machines/responses.ts";
import { noteCall } from "../machines/tools.ts";
import { applyPlayout, change, clearDeadlines, enterPhase, order, type Step, setDeadline } from "../state.ts";
import { beginWait, scheduleFiller } from "./caller-wait.ts";
import { recordFallback } from "./fallback.ts";
import { giveUpModel } from "./other-model.ts";
import { applyResponses, awaitReply, wantedFor } from "./responses.ts";
import { rollOver } from "./roll-over.ts";
import { runCalledTools } from "./tools.ts";

/** After so many failures in a row, with a request in between, the call is given up. */
export const FAILURES_MAX = 2;

/** For the server to report the speech for which it has cancelled a response. Without a report it was noise. */
const SPEECH_REPORT_MS = 500;

/** The response may end without audio, and is complete. */
export function onFunctionCalled(step: Step, { responseId, call }: Extract<ModelEvent, { type: "model.functionCalled" }>): Step {
  const { responses, tools } = step.call;
  return change(step, { responses: addCalls(responses, responseId), tools: noteCall(tools, responseId, call) });
}

type ResponseDone = Extract<ModelEvent, { type: "model.responseDone" }>;

/**
 * A response has ended. One that failed, or ended without audio, is requested once more. Without this a wrong model
 * name or an exhausted quota would be silence: the socket opens fine, and only this event shows it.
 */
export function onResponseDone(before: Step, event: ResponseDone): Step {
  const { atMs, responseId, status } = event;
  const step = applyPlayout(before, partsComplete(before.call.playout, event.epoch, responseId));
  const { responses, phase, model, callerSpeaks } = step.call;
  const silent = isSilent(responses, responseId);
  const called = silent && status === "completed" && (event.hasCalls || hasCalls(responses, responseId));
  // Cancelled while the caller speaks: the model will answer that.
  const expected = called || (status === "cancelled" && callerSpeaks);
  const failed = status === "failed" || (silent && !expected);
  const discarded = isDiscarded(responses, responseId);
  const done = responseDone(responses, responseId, failed && !discarded);
  // The end of an interrupted response: the answer to the interruption is awaited already.
  if (discarded) return withTools(applyResponses(step, atMs, done), event) ?? applyResponses(step, atMs, done);
  // Another response is current, or ours has not started: this is the end of neither.
  if (done.responses === responses) return step;
  const greeted = phase === "greeting" && !failed && !called ? enterPhase(step, "talking") : step;
  // `reply` stays: if it is set, another response is due, whose own audio will clear it.
  const settled = change(clearDeadlines(greeted, "stall"), { model: status === "completed" ? provenLeg(model) : model });
  const counted = { ...done, responses: countFailure(done.responses, failed) };
  if (failed) return retryResponse(settled, atMs, counted, failureOf(event));
  const applied = applyResponses(settled, atMs, counted);
  return withTools(applied, event) ?? (called ? awaitNextResponse(applied, atMs) : rollOver(applied, atMs));
}

/** Runs the functions that a complete response called, also one that was interrupted. Undefined: it called none. */
function withTools(step: Step, { atMs, responseId, status, calls }: ResponseDone): Step | undefined {
  return status === "completed" ? runCalledTools(step, atMs, responseId, calls) : undefined;
}

/** After calls that the server answers itself (MCP), another response is due. */
function awaitNextResponse(step: Step, atMs: number): Step {
  const { caller, callerSpeaks } = step.call;
  return caller.state === "live" && !callerSpeaks ? awaitReply(step, atMs) : step;
}

/** How a response failed, and how long to wait before it is requested again. */
interface Failure {
  readonly detail: string;
  readonly isFinal: boolean;
  readonly delayMs: number | undefined;
}

function failureOf({ status, reason, error }: ResponseDone): Failure {
  if (error !== undefined) return failureBy(error);
  const why = reason === undefined ? "" : `: ${reason}`;
  const detail = status === "failed" ? `the response failed${why}` : `the response was ${status} without audio${why}`;
  return { detail, isFinal: false, delayMs: reason === "turn_detected" ? SPEECH_REPORT_MS : undefined };
}

function failureBy(error: ModelError): Failure {
  const detail = `${error.code ?? error.type ?? "error"}: ${error.message}`;
  return { detail, isFinal: isFatalError(error), delayMs: retryDelayMs(error) };
}

/** An error that may reject our `response.create`. */
export function onResponseRejected(step: Step, atMs: number, error: ModelError): Step {
  const { responses } = step.call;
  const anotherIsActive = error.code === "conversation_already_has_active_response";
  // Some servers do not name the event at fault. These two errors have no other cause than a request for a response.
  const isAboutResponses = anotherIsActive || error.code === "rate_limit_exceeded";
  const eventId = error.eventId ?? (isAboutResponses ? requestInFlight(responses) : undefined);
  const rejected = eventId === undefined ? responses : responseRejected(responses, eventId, anotherIsActive);
  if (rejected === responses) return step;
  if (anotherIsActive) return change(step, { responses: rejected });
  return retryResponse(step, atMs, { responses: countFailure(rejected, true), send: undefined }, failureBy(error));
}

/** Requests a failed response again, unless the error is final or it failed before. A rate limit is waited out. */
function retryResponse(step: Step, atMs: number, failed: ResponsesStep, { detail, isFinal, delayMs }: Failure): Step {
  if (isFinal) return giveUpModel(step, atMs, "modelRefused", detail, true);
  const { identity, phase, settings } = step.call;
  const isTooLong = delayMs !== undefined && delayMs > settings.modelReadyMs;
  if (isTooLong || failed.responses.failuresInRow >= FAILURES_MAX) return giveUpModel(step, atMs, "modelFailed", detail, true);
  const logged = order(recordFallback(step, "recovered"), {
    type: "log",
    level: "warning",
    event: "response.failed",
    fields: { callSid: identity.callSid, detail },
  });
  const recovering = scheduleFiller(beginWait(logged, atMs), atMs);
  const wanted =
    failed.send?.wanted ?? wordsDue(step.call.responses) ?? wantedFor(phase === "greeting" ? phase : "retry", settings.greeting);
  if (delayMs !== undefined) {
    const later = setDeadline(clearDeadlines(recovering, "reply"), "retry", atMs + delayMs);
    return change(later, { responses: postponeResponse(failed.responses, wanted) });
  }
  const again = failed.send === undefined ? wantResponse(failed.responses, wanted) : failed;
  return awaitReply(applyResponses(recovering, atMs, again), atMs);
}
