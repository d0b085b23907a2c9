// Tools: functions that the model calls, such as a look-up in a booking system. They run outside of the call, at the
// same time; the call itself runs a few. What they return: tool-results.ts. Meanwhile the caller hears fillers, never
// silence. `hang_up` and `transfer_to_NAME`: leave-by-function.ts.
// https://developers.openai.com/api/docs/guides/realtime-conversations#function-calling

import type { FunctionCall } from "../../protocol/realtime/realtime.ts";
import type { CallSettings } from "../call-settings.ts";
import type { Effect } from "../effects.ts";
import { isComing } from "../machines/responses.ts";
import { callsOf, roomFor, startTools } from "../machines/tools.ts";
import { change, clearDeadlines, order, type Step } from "../state.ts";
import { beginWait, endWait, scheduleFiller } from "./caller-wait.ts";
import { COLLECT_DIGITS, COLLECT_MAX_MS, startCollecting } from "./collect-digits.ts";
import { leaveByFunction, leavesCall, postponeLeaving } from "./leave-by-function.ts";
import { SEND_DIGITS, SEND_MAX_MS, sendDigits } from "./send-digits.ts";
import { whenAllReturned } from "./tool-results.ts";

/** A response is complete. Runs the functions that it called; undefined when it called none. */
export function runCalledTools(step: Step, atMs: number, responseId: string, listed: readonly FunctionCall[]): Step | undefined {
  const calls = callsOf(step.call.tools, responseId, listed);
  if (calls.length === 0) return undefined;
  const leaving = calls.filter((call) => leavesCall(step.call, call));
  const others = calls.filter((call) => !leaving.includes(call));
  if (others.length === 0) return leaveByFunction(step, atMs, leaving);
  // What the agent does before it leaves, such as taking a message, must not be lost with the call.
  return runTools(postponeLeaving(step, leaving), atMs, others);
}

function runTools(step: Step, atMs: number, calls: readonly FunctionCall[]): Step {
  const { tools, model, settings, responses, typed } = step.call;
  const room = roomFor(tools, calls.length);
  const [run, refused] = [calls.slice(0, room), calls.slice(room)];
  const outside = run.filter(({ name }) => builtInOf(settings, name) === undefined);
  const dueMs = (name: string): number => atMs + (builtInOf(settings, name)?.maxMs ?? settings.toolMs);
  const started = change(step, { tools: startTools(tools, model.epoch, run, dueMs) });
  const ordered = order(
    started,
    ...refused.map(
      ({ callId }): Effect => ({ type: "model.addToolResult", epoch: model.epoch, callId, output: "Not run: too many calls at once." }),
    ),
    ...outside.map(({ callId, name, arguments: given }): Effect => ({ type: "tool.run", callId, name, arguments: given, typed })),
  );
  const noReply = isComing(responses) ? ordered : clearDeadlines(ordered, "reply");
  // What the call does itself the caller hears, or takes part in: they do not wait for it.
  const isWait = outside.length > 0 || run.length === 0;
  const waiting = isWait ? scheduleFiller(beginWait(noReply, atMs), atMs) : endWait(noReply, atMs);
  return run.reduce((before, call) => builtInOf(settings, call.name)?.start(before, atMs, call) ?? before, whenAllReturned(waiting, atMs));
}

/** A function that the call runs itself. */
interface BuiltIn {
  /** When it must have returned. */
  readonly maxMs: number;
  /** It counts as running already. */
  start(step: Step, atMs: number, call: FunctionCall): Step;
}

function builtInOf({ canSendDigits, digits }: CallSettings, name: string): BuiltIn | undefined {
  if (name === SEND_DIGITS && canSendDigits) return { maxMs: SEND_MAX_MS, start: sendDigits };
  return name === COLLECT_DIGITS && digits.length > 0 ? { maxMs: COLLECT_MAX_MS, start: startCollecting } : undefined;
}
