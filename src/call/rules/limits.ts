// Limits: a caller who has fallen silent is asked whether they are there, and the call ends when no one answers; the
// time for a call ends it politely, and a little later in any case. Looked at after every event but audio.
//
// SILENCE counts from the true end of playback, when the last mark has come back, while no one speaks, no tool runs and
// nothing is due to the caller.
// THE TIME for the call has three ends, one after the other at the deadline `limit`: the model hears that little is
// left; the agent says goodbye between two turns; and `LAST_WORDS_MS` later the call ends, whatever happens.
// THE BUDGET has the same ends (budget.ts). Once it is spent, the model is asked for nothing more: Twilio says goodbye.

import type { CallEvent } from "../events.ts";
import { addUtterance } from "../machines/history.ts";
import { type Limits, noLimits } from "../machines/limits.ts";
import { hasOutstandingMark } from "../machines/playout.ts";
import { type Call, change, clearDeadlines, order, type Step, setDeadline } from "../state.ts";
import { budgetState } from "./budget.ts";
import { leave } from "./ending.ts";
import { endWithoutWords, noteGoodbyeSaid, sayGoodbye } from "./goodbye.ts";
import { requestWords } from "./responses.ts";

/** From the end of the call's time: to finish a turn, and for the goodbye. Then the call ends in any case. */
export const LAST_WORDS_MS = 30_000;

const NOTICE = "Little time is left for this call. Say so to the caller in your next answer, and bring the conversation to its end.";
const GOODBYE_TO_SILENCE = "The caller does not answer. Say goodbye in one short sentence in their language, and nothing else.";
const GOODBYE_IN_TIME =
  "The time for this call is over. Say so to the caller and say goodbye, in one or two short sentences in their language, and nothing else.";

/** What follows from an event for the limits of the call, once the other rules have seen it. */
export function keepLimits(step: Step, event: CallEvent): Step {
  const { phase, limits, goodbye, settings } = step.call;
  if (phase !== "greeting" && phase !== "talking") return step;
  const { idle, duration } = settings.patience;
  const isLimited = idle !== undefined || duration !== undefined || settings.budgetUsd !== undefined;
  if (!isLimited && limits === noLimits && goodbye === undefined) return step;
  const isHeard = event.type === "model.speechStarted" || event.type === "caller.keyPressed";
  const said = noteGoodbyeSaid(isHeard ? notSilent(step) : step, event);
  if (said.call.phase === "leaving") return said;
  return watchSilence(speakOfTheEnd(limitTime(limitCosts(said, event.atMs), event.atMs), event.atMs), event.atMs);
}

/** The call must end before its next response would cost more than is left. */
function limitCosts(step: Step, atMs: number): Step {
  const { limits } = step.call;
  const state = limits.isSpent ? "spent" : budgetState(step.call);
  if (state === "enough") return step;
  if (state === "short") {
    return limits.warnedOfCosts ? step : change(step, { limits: { ...limits, warnedOfCosts: true, notice: NOTICE } });
  }
  return limits.over === undefined ? endInWords(step, atMs, "overBudget") : step;
}

function notSilent(step: Step): Step {
  const { limits } = step.call;
  return limits.asked === 0 ? step : change(step, { limits: { ...limits, asked: 0 } });
}

/** Sets the deadline of the call's time: at the start, where a phase has cleared it, and when another agent answers. */
function limitTime(step: Step, atMs: number): Step {
  const { settings, deadlines, limits, startedAtMs } = step.call;
  if (limits.over !== undefined) return deadlines.limit === undefined ? setDeadline(step, "limit", atMs + LAST_WORDS_MS) : step;
  const { duration } = settings.patience;
  if (duration === undefined || startedAtMs === undefined) return clearDeadlines(step, "limit");
  const { warnMs, maxMs } = duration;
  return setDeadline(step, "limit", startedAtMs + (limits.warned ? maxMs : (warnMs ?? maxMs)));
}

/** The deadline `limit`: the next of its three ends. */
export function onLimitDue(step: Step, atMs: number): Step {
  const { limits, settings, startedAtMs = atMs } = step.call;
  const { duration } = settings.patience;
  if (limits.over !== undefined) return leave(step, atMs, { by: "agent", cause: limits.over }, { type: "say", sentence: "goodbye" });
  if (duration === undefined) return step;
  const isWarning = !limits.warned && duration.warnMs !== undefined && atMs < startedAtMs + duration.maxMs;
  if (isWarning) return change(step, { limits: { ...limits, warned: true, notice: NOTICE } });
  return endInWords(step, atMs, "tooLong");
}

/** The call must end: with a goodbye between two turns, or else in `LAST_WORDS_MS`. */
function endInWords(step: Step, atMs: number, over: NonNullable<Limits["over"]>): Step {
  const { limits, identity } = step.call;
  const ending = change(step, { limits: { ...limits, notice: undefined, over } });
  return order(setDeadline(ending, "limit", atMs + LAST_WORDS_MS), {
    type: "log",
    level: "info",
    event: "call.limitReached",
    fields: { callSid: identity.callSid, cause: over },
  });
}

/** Between two responses: the model learns what it must know. Between two turns: has it say the goodbye that is due. */
function speakOfTheEnd(step: Step, atMs: number): Step {
  const { limits, model, responses, goodbye, history, tools } = step.call;
  if (limits.over !== undefined && limits.isSpent && goodbye === undefined) {
    return tools.running.length > 0 ? step : endWithoutWords(step, atMs, limits.over);
  }
  if (model.state !== "ready" || responses.current.type !== "idle") return step;
  if (limits.over !== undefined && goodbye === undefined && isQuiet(step.call)) return sayGoodbye(step, atMs, limits.over, GOODBYE_IN_TIME);
  const { notice } = limits;
  if (notice === undefined) return step;
  const noted = change(step, { limits: { ...limits, notice: undefined }, history: addUtterance(history, "system", undefined, notice) });
  return order(noted, { type: "model.addMessage", epoch: model.epoch, role: "system", text: notice });
}

/** Nothing is due to the caller, who does not speak. The agent's last words may still be playing. */
function isQuiet({ caller, model, callerSpeaks, responses, tools, deadlines }: Call): boolean {
  if (caller.state !== "live" || model.state !== "ready" || callerSpeaks || tools.running.length > 0) return false;
  const isIdle = responses.current.type === "idle" && responses.queued === undefined;
  return isIdle && deadlines.reply === undefined && deadlines.retry === undefined;
}

function isSilent(call: Call): boolean {
  return isQuiet(call) && !hasOutstandingMark(call.playout) && call.goodbye === undefined && call.limits.over === undefined;
}

function watchSilence(step: Step, atMs: number): Step {
  const { settings, deadlines } = step.call;
  const { idle } = settings.patience;
  if (idle === undefined) return step;
  if (!isSilent(step.call)) return clearDeadlines(step, "idle");
  return deadlines.idle === undefined ? setDeadline(step, "idle", atMs + idle.ms) : step;
}

/** The caller has been silent. Unnoticed audio may have begun meanwhile: then it is not silence. */
export function onIdleDue(step: Step, atMs: number): Step {
  const { settings, limits } = step.call;
  const { idle } = settings.patience;
  if (idle === undefined || !isSilent(step.call)) return step;
  if (limits.asked >= idle.times) return sayGoodbye(step, atMs, "idle", GOODBYE_TO_SILENCE);
  const words = `Say this to the caller, word for word, translated if they speak another language, and nothing else: ${JSON.stringify(idle.say)}`;
  return requestWords(change(step, { limits: { ...limits, asked: limits.asked + 1 } }), atMs, words);
}
