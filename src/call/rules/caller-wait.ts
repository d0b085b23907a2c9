// The caller's wait, and the filler: a short sound that says the call is still alive while voice recovers from a fault.
// A reply that merely takes its time has no filler: people expect to wait two seconds for an answer, and a chime would
// sound like one.

import { waitFrom, waitUntil } from "../machines/caller-wait.ts";
import { hasOutstandingMark } from "../machines/playout.ts";
import { change, clearDeadlines, order, type Step, setDeadline } from "../state.ts";

/** Something is due to the caller from now on, unless it is already. */
export function beginWait(step: Step, atMs: number): Step {
  return change(step, { callerWait: waitFrom(step.call.callerWait, atMs) });
}

/** The caller hears something, or nothing is due any more: the wait is over, and no filler is due. */
export function endWait(step: Step, atMs: number): Step {
  const { callerWait, deadlines } = step.call;
  if (callerWait.sinceMs === undefined && deadlines.filler === undefined && deadlines.lateReply === undefined) return step;
  return change(clearDeadlines(step, "filler", "lateReply"), { callerWait: waitUntil(callerWait, atMs) });
}

/** Recovery has begun: a filler is due unless it succeeds soon. A caller who has waited longer hears one now. */
export function scheduleFiller(step: Step, atMs: number): Step {
  const { caller, deadlines, settings, callerWait } = step.call;
  if (caller.state !== "live" || deadlines.filler !== undefined) return step;
  return setDeadline(step, "filler", Math.max((callerWait.sinceMs ?? atMs) + settings.fillerMs, atMs));
}

/**
 * Plays a filler, and schedules another. While the caller speaks or still hears the model, it only waits and tries
 * again.
 */
export function onFillerDue(step: Step, atMs: number): Step {
  const { caller, settings, playout, callerSpeaks } = step.call;
  if (caller.state !== "live") return step;
  const plays = !hasOutstandingMark(playout) && !callerSpeaks;
  const again = setDeadline(step, "filler", atMs + (plays ? 2 : 1) * settings.fillerMs);
  return plays ? order(again, { type: "caller.playFiller" }) : again;
}
