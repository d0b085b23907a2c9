// Asking the model to speak, and what is done when it does not: a response that is due has a deadline, one that fails is asked for once more.
// Which one runs, and what waits for it, is responses.ts's.

import type { ModelError } from "../protocol/realtime.ts";
import { setDeadline } from "./deadlines.ts";
import type { Effect } from "./effects.ts";
import { giveUp } from "./ladder.ts";
import { isFatalError } from "./model-leg.ts";
import { awaitTurn, countFailure, type ResponsesStep, responseRefused, type WantedResponse, wantResponse } from "./responses.ts";
import { change, order, type Step } from "./state.ts";
import { beginTurn } from "./turns.ts";

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

/** Asks for what was left waiting when the model was lost. */
export function askForWaiting(step: Step, atMs: number): Step {
  const { waiting } = step.call.responses;
  return waiting === undefined ? step : sendResponse(step, atMs, wantResponse(step.call.responses, waiting));
}

/** Something was said to nobody: it is owed to the stream that comes next. */
export function oweAnswer(step: Step): Step {
  const { caller } = step.call;
  return "owed" in caller ? change(step, { caller: { ...caller, owed: true } }) : step;
}

/** No audio came in time. While nobody is there to hear it, it is owed; else the caller is told in words. */
export function missReply(step: Step, atMs: number): Step {
  const { caller, settings } = step.call;
  if (caller.state !== "live") return oweAnswer(step);
  return giveUp(step, atMs, { by: "model", cause: "modelSilent" }, `no audio within ${settings.replyMs} ms`);
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

/** A response failed: the same again, or what waits, unless it is final or has failed before. */
export function retryResponse(step: Step, atMs: number, failed: ResponsesStep, error: ModelError | undefined): Step {
  const detail = error === undefined ? "the response failed" : `${error.code ?? error.type ?? "error"}: ${error.message}`;
  if (error !== undefined && isFatalError(error)) return giveUp(step, atMs, { by: "model", cause: "modelRefused" }, detail);
  if (failed.responses.failuresInRow >= FAILURES_MAX) return giveUp(step, atMs, { by: "model", cause: "modelFailed" }, detail);
  const { identity, phase, settings } = step.call;
  const told = order(step, { type: "log", level: "warning", event: "response.failed", fields: { callSid: identity.callSid, detail } });
  if (failed.send !== undefined) return sendResponse(told, atMs, failed);
  return sendResponse(told, atMs, wantResponse(failed.responses, wantedFor(phase === "greeting" ? phase : "retry", settings.greeting)));
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

/** From now on a response is due. */
export function awaitReply(step: Step, atMs: number): Step {
  const { deadlines, settings } = step.call;
  return change(step, { deadlines: setDeadline(deadlines, "reply", atMs + settings.replyMs) });
}
