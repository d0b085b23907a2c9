// The caller's wait: how long for something that was due, and the sound that says that somebody is there while something is mended.
// A reply that merely takes its time has no sound: people wait two seconds for an answer, and a chime would be an answer.

import { clearDeadlines, setDeadline } from "../machines/deadlines.ts";
import { isMarkAwaited } from "../machines/playout.ts";
import { longestWaitMs } from "../machines/wait.ts";
import type { Fallback } from "../record.ts";
import { change, order, type Step } from "../state.ts";

const FALLBACKS: readonly Fallback[] = ["none", "recovered", "transferred", "apology"];

/** Something is due to the caller from now on, unless it is already. */
export function beginWait(step: Step, atMs: number): Step {
  const { wait } = step.call;
  return wait.sinceMs === undefined ? change(step, { wait: { ...wait, sinceMs: atMs } }) : step;
}

/** The caller hears something, or nothing is due any more: the wait is over, and so are its sounds. */
export function endWait(step: Step, atMs: number): Step {
  const { wait, deadlines } = step.call;
  const quiet = change(step, { deadlines: clearDeadlines(deadlines, "fill", "late") });
  if (wait.sinceMs === undefined) return quiet;
  return change(quiet, { wait: { ...wait, sinceMs: undefined, longestMs: longestWaitMs(wait, atMs) } });
}

/** This fallback of the ladder was needed. */
export function needed(step: Step, fallback: Fallback): Step {
  const { wait } = step.call;
  return FALLBACKS.indexOf(fallback) > FALLBACKS.indexOf(wait.fallback) ? change(step, { wait: { ...wait, fallback } }) : step;
}

/** Something is being mended while a caller listens: a sound, unless it is done in a moment. Who has waited longer already hears it now. */
export function fillSoon(step: Step, atMs: number): Step {
  const { caller, deadlines, settings, wait } = step.call;
  if (caller.state !== "live" || deadlines.fill !== undefined) return step;
  const soonMs = (wait.sinceMs ?? atMs) + settings.fillerMs;
  return change(step, { deadlines: setDeadline(deadlines, "fill", Math.max(soonMs, atMs)) });
}

/** The moment has passed: a sound, and another one later. None while the caller still hears what the model had said; then soon. */
export function fill(step: Step, atMs: number): Step {
  const { caller, deadlines, settings, playout, callerSpeaks } = step.call;
  if (caller.state !== "live") return step;
  const sounds = !isMarkAwaited(playout) && !callerSpeaks;
  const again = change(step, { deadlines: setDeadline(deadlines, "fill", atMs + (sounds ? 2 : 1) * settings.fillerMs) });
  return sounds ? order(again, { type: "caller.playFiller" }) : again;
}
