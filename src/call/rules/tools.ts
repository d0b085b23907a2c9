// Tools: functions that the model calls, such as a look-up in a booking system. They run outside of the call, at the
// same time. When all have returned, the model is asked to go on. Meanwhile the caller hears fillers, never silence.
// `hang_up`: goodbye.ts.
// https://developers.openai.com/api/docs/guides/realtime-conversations#function-calling

import type { FunctionCall } from "../../protocol/realtime/realtime.ts";
import type { Effect } from "../effects.ts";
import type { CallEvent } from "../events.ts";
import { addUtterance } from "../machines/history.ts";
import { isComing } from "../machines/responses.ts";
import { callsOf, nextDueMs, roomFor, startTools, toolReturned } from "../machines/tools.ts";
import { change, clearDeadlines, order, type Step, setDeadline } from "../state.ts";
import { beginWait, scheduleFiller } from "./caller-wait.ts";
import { BUSY, hangUpAfterGoodbye, refuseHangUp } from "./goodbye.ts";
import { requestResponse } from "./responses.ts";

/** The name under which the model hangs up. */
export const HANG_UP = "hang_up";

/** As much of a result becomes part of the conversation that a later session is seeded with. */
const MAX_KEPT_CHARS = 2_000;

/** A response is complete. Runs the functions that it called; undefined when it called none. */
export function runCalledTools(step: Step, atMs: number, responseId: string, listed: readonly FunctionCall[]): Step | undefined {
  const calls = callsOf(step.call.tools, responseId, listed);
  if (calls.length === 0) return undefined;
  const hangUps = calls.filter(({ name }) => name === HANG_UP && step.call.settings.canHangUp);
  const others = calls.filter((call) => !hangUps.includes(call));
  const [hangUp] = hangUps;
  if (hangUp === undefined) return runTools(step, atMs, calls);
  const { responses, callerSpeaks, model } = step.call;
  if (others.length === 0 && !isComing(responses) && !callerSpeaks) return hangUpAfterGoodbye(step, atMs, hangUp.callId);
  const why = others.length === 0 ? BUSY : NOT_ALONE;
  const refused = order(step, ...hangUps.map(({ callId }) => refuseHangUp(model.epoch, callId, why)));
  // What the agent does before it hangs up, such as taking a message, must not be lost with the call.
  return others.length === 0 ? refused : runTools(refused, atMs, others);
}

const NOT_ALONE = "Not done: the other functions run first. Then say goodbye, and hang up.";

function runTools(step: Step, atMs: number, calls: readonly FunctionCall[]): Step {
  const { tools, model, settings, responses } = step.call;
  const room = roomFor(tools, calls.length);
  const [run, refused] = [calls.slice(0, room), calls.slice(room)];
  const started = change(step, { tools: startTools(tools, model.epoch, run, atMs + settings.toolMs) });
  const ordered = order(
    started,
    ...refused.map(
      ({ callId }): Effect => ({ type: "model.addToolResult", epoch: model.epoch, callId, output: "Not run: too many calls at once." }),
    ),
    ...run.map(({ callId, name, arguments: given }): Effect => ({ type: "tool.run", callId, name, arguments: given })),
  );
  const waiting = beginWait(isComing(responses) ? ordered : clearDeadlines(ordered, "reply"), atMs);
  return whenAllReturned(scheduleFiller(waiting, atMs), atMs);
}

/** A tool has answered. The model gets the result, and once no other tool is running, is asked to go on. */
export function onToolReturned(step: Step, { atMs, callId, output }: Extract<CallEvent, { type: "tool.returned" }>): Step {
  const returned = toolReturned(step.call.tools, callId);
  if (returned === undefined) return step;
  const { tools, tool } = returned;
  const { history, model } = step.call;
  const text = `(Result of ${tool.name}: ${output.slice(0, MAX_KEPT_CHARS).toWellFormed()})`;
  const noted = change(step, { tools, history: addUtterance(history, "user", undefined, text) });
  return whenAllReturned(model.state === "ready" ? order(noted, resultFor(model.epoch, tool.session, callId, output, text)) : noted, atMs);
}

/** A session that did not call the function gets its result as text. One that is not ready gets it with the history. */
function resultFor(epoch: number, session: number, callId: string, output: string, text: string): Effect {
  if (session === epoch) return { type: "model.addToolResult", epoch, callId, output };
  return { type: "model.addMessage", epoch, role: "user", text };
}

function whenAllReturned(step: Step, atMs: number): Step {
  const { tools, callerSpeaks, limits } = step.call;
  const dueMs = nextDueMs(tools);
  if (dueMs !== undefined) return setDeadline(step, "tool", dueMs);
  const done = clearDeadlines(step, "tool");
  // The answer to what the caller is saying will have the result. After the end of the call's time or budget, only the
  // goodbye follows.
  return callerSpeaks || limits.over !== undefined ? done : requestResponse(done, atMs, "tool");
}

/** Tools that have not returned in all this time will not: the model gets that as their result. */
export function onToolTimeout(step: Step, atMs: number): Step {
  const late = step.call.tools.running.filter(({ dueMs }) => dueMs <= atMs);
  return late.reduce(
    (before, { callId }) => onToolReturned(before, { type: "tool.returned", atMs, callId, output: "The tool did not answer in time." }),
    step,
  );
}
