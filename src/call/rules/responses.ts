// Requesting responses. A response that is due has a deadline. What follows its end: response-done.ts. Which one is
// current and which is queued is machines/responses.ts's part.

import type { Effect } from "../effects.ts";
import type { ModelEvent } from "../events.ts";
import {
  isComing,
  queueResponse,
  type ResponsesStep,
  responseStarted,
  stopResponses,
  type WantedResponse,
  wantResponse,
} from "../machines/responses.ts";
import { isOutOfRounds } from "../machines/tools.ts";
import { beginTurn } from "../machines/turns.ts";
import { type Call, change, order, type Step, setDeadline } from "../state.ts";
import { beginWait } from "./caller-wait.ts";

/**
 * Requests the greeting, an answer to a key or to a tool's result, or a missed reply. A model that is not ready gets
 * the request once it is.
 */
export function requestResponse(step: Step, atMs: number, why: WantedResponse["for"]): Step {
  const { model, responses, settings, turns, tools } = step.call;
  const plain = wantedFor(why, settings.greeting);
  const wanted = isOutOfRounds(tools) ? { ...plain, withoutTools: true } : plain;
  if (model.state !== "ready") return change(step, { responses: queueResponse(responses, wanted) });
  const begun = why === "greeting" ? change(step, { turns: beginTurn(turns, why, atMs, undefined) }) : step;
  // The deadline applies also to a queued request: a server that ignores cancels may never end the current response.
  return awaitReply(applyResponses(begun, atMs, wantResponse(responses, wanted)), atMs);
}

export function wantedFor(why: WantedResponse["for"], greeting: string | undefined): WantedResponse {
  return why === "greeting" && greeting !== undefined ? { for: why, instructions: greeting } : { for: why };
}

/** Has the agent say what voice itself wants said. It calls no tools. `trigger` begins a turn of the record. */
export function requestWords(step: Step, atMs: number, instructions: string, trigger: "agent" | "keys" = "agent"): Step {
  const { responses, turns, model } = step.call;
  const wanted: WantedResponse = { for: "words", instructions, withoutTools: true };
  const begun = change(step, { turns: beginTurn(turns, trigger, atMs, undefined) });
  if (model.state !== "ready") return change(begun, { responses: queueResponse(responses, wanted) });
  return awaitReply(applyResponses(begun, atMs, wantResponse(responses, wanted)), atMs);
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
 * Takes over changed responses, and orders the `response.create` to send, if any. Once the budget is spent, none is
 * sent.
 */
export function applyResponses(step: Step, atMs: number, { responses, send }: ResponsesStep): Step {
  if (step.call.limits.isSpent) return change(step, { responses: send === undefined ? responses : stopResponses(responses) });
  const changed = change(step, { responses });
  if (send === undefined) return changed;
  const { eventId, wanted } = send;
  const { instructions, withoutTools } = wanted;
  const respond: Effect = {
    type: "model.respond",
    eventId,
    ...(instructions === undefined ? {} : { instructions }),
    ...(withoutTools === undefined ? {} : { withoutTools }),
  };
  return awaitReply(order(changed, respond), atMs);
}

/** Whether the caller is to hear something from the model: a response is on its way, or its deadline is set. */
export function isReplyDue({ responses, deadlines }: Call): boolean {
  return isComing(responses) || deadlines.reply !== undefined;
}

/** From now on a response is due, unless the budget is spent. */
export function awaitReply(step: Step, atMs: number): Step {
  const { settings, limits } = step.call;
  if (limits.isSpent) return step;
  const waiting = beginWait(step, atMs);
  const { deadlines, callerWait } = waiting.call;
  // A key or a new stream postpones the reply, but not the filler that the caller hears when it takes too long.
  const lateMs = Math.max((callerWait.sinceMs ?? atMs) + settings.replyMs, atMs);
  const timely = deadlines.lateReply === undefined ? setDeadline(waiting, "lateReply", lateMs) : waiting;
  return setDeadline(timely, "reply", atMs + settings.replyMs);
}
