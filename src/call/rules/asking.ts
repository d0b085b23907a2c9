// Asking the model to speak, and what is done when it does not: a response that is due has a deadline, one that fails is asked for once more.
// Which one runs, and what waits for it, is responses.ts's.

import type { ModelError } from "../../protocol/realtime/realtime.ts";
import type { Effect } from "../effects.ts";
import { clearDeadlines, setDeadline } from "../machines/deadlines.ts";
import { isFatalError, rateLimitMs } from "../machines/model-leg.ts";
import {
  awaitTurn,
  countFailure,
  isComing,
  putOff,
  type ResponsesStep,
  responseRefused,
  type WantedResponse,
  wantResponse,
} from "../machines/responses.ts";
import { beginTurn } from "../machines/turns.ts";
import { type Call, change, order, type Step } from "../state.ts";
import { giveUp } from "./ladder.ts";
import { beginWait, fillSoon, needed } from "./waiting.ts";

/** A response that fails twice in a row, asked for again in between, is not asked for a third time. */
export const FAILURES_MAX = 2;

/** Asks the model to speak: the greeting, an answer to a key, or what it failed to say; a model that is not ready is asked when it is. */
export function askForResponse(step: Step, atMs: number, why: WantedResponse["for"]): Step {
  const { model, responses, settings, turns } = step.call;
  const wanted = wantedFor(why, settings.greeting);
  if (model.state !== "ready") return change(step, { responses: awaitTurn(responses, wanted) });
  const begun = why === "greeting" ? change(step, { turns: beginTurn(turns, why, atMs, undefined) }) : step;
  // Also when it has to wait for the end of another, which a server that takes no cancel may never tell of.
  return awaitReply(sendResponse(begun, atMs, wantResponse(responses, wanted)), atMs);
}

function wantedFor(why: WantedResponse["for"], greeting: string): WantedResponse {
  return why === "greeting" ? { for: why, instructions: greeting } : { for: why };
}

/** Asks for what was left waiting: when the model was lost, or when its rate was too high. */
export function askForWaiting(step: Step, atMs: number): Step {
  const { waiting } = step.call.responses;
  return waiting === undefined ? step : awaitReply(sendResponse(step, atMs, wantResponse(step.call.responses, waiting)), atMs);
}

/** Something was said to nobody: it is owed to the stream that comes next. */
export function oweAnswer(step: Step): Step {
  const { caller } = step.call;
  return "owed" in caller ? change(step, { caller: { ...caller, owed: true } }) : step;
}

/** Our `response.create` was refused. */
export function refuseResponse(step: Step, atMs: number, error: ModelError & { readonly eventId: string }): Step {
  const { responses } = step.call;
  const anotherIsActive = error.code === "conversation_already_has_active_response";
  const refused = responseRefused(responses, error.eventId, anotherIsActive);
  if (refused === responses) return step;
  if (anotherIsActive) return change(step, { responses: refused });
  return retryResponse(step, atMs, { responses: countFailure(refused, true), send: undefined }, error);
}

/** A response failed: the same again, or what waits, unless it is final or has failed before. A rate limit is waited for. */
export function retryResponse(step: Step, atMs: number, failed: ResponsesStep, error: ModelError | undefined): Step {
  const detail = error === undefined ? "the response failed" : `${error.code ?? error.type ?? "error"}: ${error.message}`;
  if (error !== undefined && isFatalError(error)) return giveUp(step, atMs, { by: "model", cause: "modelRefused" }, detail);
  const limitMs = rateLimitMs(error);
  const { identity, phase, settings } = step.call;
  const tooLong = limitMs !== undefined && limitMs > settings.modelReadyMs;
  if (tooLong || failed.responses.failuresInRow >= FAILURES_MAX) return giveUp(step, atMs, { by: "model", cause: "modelFailed" }, detail);
  const told = order(needed(step, "recovered"), {
    type: "log",
    level: "warning",
    event: "response.failed",
    fields: { callSid: identity.callSid, detail },
  });
  const mending = fillSoon(beginWait(told, atMs), atMs);
  const wanted = failed.send?.wanted ?? wantedFor(phase === "greeting" ? phase : "retry", settings.greeting);
  if (limitMs !== undefined) {
    const later = setDeadline(clearDeadlines(mending.call.deadlines, "reply"), "retry", atMs + limitMs);
    return change(mending, { responses: putOff(failed.responses, wanted), deadlines: later });
  }
  // Also when it has to wait for the end of another.
  return awaitReply(sendResponse(mending, atMs, failed.send === undefined ? wantResponse(failed.responses, wanted) : failed), atMs);
}

/** Takes over what became of the responses, with the `response.create` to send now, if any. */
export function sendResponse(step: Step, atMs: number, { responses, send }: ResponsesStep): Step {
  const asked = change(step, { responses });
  if (send === undefined) return asked;
  const { eventId, wanted } = send;
  const respond: Effect =
    wanted.instructions === undefined
      ? { type: "model.respond", eventId }
      : { type: "model.respond", eventId, instructions: wanted.instructions };
  return awaitReply(order(asked, respond), atMs);
}

/** Whether the caller is to hear something of the model: a response is on its way, or awaited. */
export function isReplyDue({ responses, deadlines }: Call): boolean {
  return isComing(responses) || deadlines.reply !== undefined;
}

/** From now on a response is due. */
export function awaitReply(step: Step, atMs: number): Step {
  const { deadlines, settings } = step.call;
  const waiting = beginWait(step, atMs);
  const { sinceMs = atMs } = waiting.call.wait;
  // The reply may be put off by what the caller does meanwhile, a key, a new stream; the sound that says that somebody is there is not.
  const timely = deadlines.late === undefined ? setDeadline(deadlines, "late", Math.max(sinceMs + settings.replyMs, atMs)) : deadlines;
  return change(waiting, { deadlines: setDeadline(timely, "reply", atMs + settings.replyMs) });
}
