// What we hear of the caller ourselves: loud or not. The model's own voice detection decides when it is the model's turn; but a model that has frozen
// decides nothing, and only loudness tells that a caller has spoken, or has stopped, without its noticing.

import { isLoud } from "../../audio/loudness.ts";
import { clearDeadlines, setDeadline } from "../machines/deadlines.ts";
import { quietHearing } from "../machines/hearing.ts";
import { owe, settle } from "../machines/intake.ts";
import { isMarkAwaited } from "../machines/playout.ts";
import { type Call, change, order, type Step } from "../state.ts";
import { beginWait } from "./waiting.ts";

/** As much loudness may be a word: a short yes. */
const WORD_MS = 240;
/** From a word to the model's noticing it; it takes 100 ms. */
const NOTICE_MS = 2_000;
/** From the last loud frame to the model's noticing the silence; `silence_duration_ms` is 500. */
const STOP_MS = 2_500;
/** From asking the model whether it is there to giving it up. Its answer is an error that takes one round trip. */
const ANSWER_MS = 1_500;

/** Listens to one frame of the caller's, on its way to a model that is ready. */
export function listenIn(step: Step, payload: string, durationMs: number, atMs: number): Step {
  const { call } = step;
  if (call.model.state !== "ready") return step;
  if (call.callerSpeaks) return isLoud(payload) ? awaitStop(step, atMs) : step;
  if (!mayBeUnnoticed(call)) return call.hearing.loudMs === 0 ? step : change(step, { hearing: { ...call.hearing, loudMs: 0 } });
  const loudMs = isLoud(payload) ? call.hearing.loudMs + durationMs : Math.max(0, call.hearing.loudMs - durationMs);
  if (loudMs === call.hearing.loudMs) return step;
  const heard = change(step, { hearing: { ...call.hearing, loudMs } });
  if (loudMs < WORD_MS || call.deadlines.speech !== undefined) return heard;
  return change(heard, { intake: owe(call.intake, "perhaps"), deadlines: setDeadline(call.deadlines, "speech", atMs + NOTICE_MS) });
}

/** The caller speaks, and the model knows: it must also notice the end. */
export function awaitStop(step: Step, atMs: number): Step {
  const { deadlines, intake } = step.call;
  return change(step, {
    intake: owe(intake, "answer"),
    hearing: quietHearing,
    deadlines: setDeadline(deadlines, "speech", atMs + STOP_MS),
  });
}

/** The model has noticed the end, or is gone. */
export function stopListening(step: Step): Step {
  return change(step, { deadlines: clearDeadlines(step.call.deadlines, "speech") });
}

/** A second session is asked; if it does not notice either, it was noise. */
export function doubtHearing(step: Step): Step {
  return change(step, { hearing: { loudMs: 0, trusted: false, asked: false } });
}

/**
 * The model has not noticed: it is asked whether it is there, by a `response.cancel` with nothing to cancel. A model that lives refuses that
 * (`response_cancel_not_active`), and then it was noise; one that is frozen says nothing.
 */
export function askWhetherThere(step: Step, atMs: number): Step {
  const { hearing, deadlines } = step.call;
  const asked = change(step, { hearing: { ...hearing, asked: true }, deadlines: setDeadline(deadlines, "speech", atMs + ANSWER_MS) });
  return order(asked, { type: "model.cancel" });
}

/** The model has said something, so it is there. */
export function proveThere(step: Step): Step {
  const { hearing, intake } = step.call;
  if (!hearing.asked) return step;
  return change(doubtHearing(stopListening(step)), { intake: intake.owed === "perhaps" ? settle(intake) : intake });
}

/** What was loud is no concern any more. */
export function callOffListening(step: Step): Step {
  const { intake, hearing } = step.call;
  const forgotten = change(stopListening(step), { hearing: { ...hearing, loudMs: 0, asked: false } });
  return intake.owed === "perhaps" ? change(forgotten, { intake: settle(intake) }) : forgotten;
}

/** The caller has stopped, and only we know: they have waited since their last loud frame. */
export function noticeStop(step: Step, atMs: number): Step {
  const sinceMs = atMs - STOP_MS - (step.call.hearing.asked ? ANSWER_MS : 0);
  return change(beginWait(step, sinceMs), { callerSpeaks: false });
}

/** Nothing is being said to the caller, whose echo it could be, and nothing is about to be. */
export function mayBeUnnoticed({ hearing, playout, responses, deadlines, phase }: Call): boolean {
  return (
    hearing.trusted && phase === "talking" && !isMarkAwaited(playout) && responses.current.type === "idle" && deadlines.reply === undefined
  );
}
