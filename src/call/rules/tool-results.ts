// What functions return: the model gets it, and once none is running, is asked to go on. Running them: tools.ts.
// https://developers.openai.com/api/docs/guides/realtime-conversations#function-calling

import type { Effect } from "../effects.ts";
import type { CallEvent } from "../events.ts";
import { addUtterance } from "../machines/history.ts";
import { nextDueMs, toolReturned } from "../machines/tools.ts";
import { change, clearDeadlines, order, type Step, setDeadline } from "../state.ts";
import { requestResponse } from "./responses.ts";

/** As much of a result becomes part of the conversation that a later session is seeded with. */
const MAX_KEPT_CHARS = 2_000;

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

/** The model is asked to go on, once no function is running. */
export function whenAllReturned(step: Step, atMs: number): Step {
  const { tools, callerSpeaks, limits, phase } = step.call;
  // The agent gets the result when the caller is back.
  if (phase === "away") return step;
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
