// Speech that the model does not notice. The model's voice detection decides when it is the model's turn. But a frozen
// model detects nothing, and only the loudness of the caller's frames shows that they have spoken, or have stopped.

import { isLoud } from "../../audio/loudness.ts";
import type { ModelEvent } from "../events.ts";
import { markUnanswered } from "../machines/intake.ts";
import { endsSession } from "../machines/model-leg.ts";
import { hasOutstandingMark } from "../machines/playout.ts";
import { initialSpeechWatch, restartedWatch } from "../machines/speech-watch.ts";
import { answerKept, type Call, change, clearDeadlines, order, type Step, setDeadline } from "../state.ts";
import { beginWait, onFillerDue } from "./caller-wait.ts";
import { abandonModel } from "./model-connection.ts";

/** As much loudness may be a word: a short yes. */
const WORD_MS = 240;
/** For the model to detect a word; it takes 100 ms. */
const START_DETECTION_MS = 2_000;
/** From the last loud frame, for the model to detect the end; `silence_duration_ms` is 500. */
const STOP_DETECTION_MS = 2_500;
/** For an answer to the liveness probe: an error, after one round trip. */
const PROBE_MS = 1_500;

/** Measures a frame on its way to a model that is ready. */
export function watchFrame(step: Step, payload: string, durationMs: number, atMs: number): Step {
  const { call } = step;
  const { speechWatch } = call;
  if (call.model.state !== "ready") return step;
  if (call.callerSpeaks) return isLoud(payload) ? watchForStop(step, atMs) : step;
  if (!mayBeUnnoticed(call)) return speechWatch.loudMs === 0 ? step : change(step, { speechWatch: { ...speechWatch, loudMs: 0 } });
  const loudMs = isLoud(payload) ? speechWatch.loudMs + durationMs : Math.max(0, speechWatch.loudMs - durationMs);
  if (loudMs === speechWatch.loudMs) return step;
  const measured = change(step, { speechWatch: { ...speechWatch, loudMs } });
  if (loudMs < WORD_MS || call.deadlines.speechDetection !== undefined) return measured;
  const kept = change(measured, { intake: markUnanswered(call.intake, "loudness") });
  return setDeadline(kept, "speechDetection", atMs + START_DETECTION_MS);
}

/** The model has detected speech: it must also detect the end. */
export function watchForStop(step: Step, atMs: number): Step {
  const { intake } = step.call;
  const watching = change(step, { intake: markUnanswered(intake, "speech"), speechWatch: initialSpeechWatch });
  return setDeadline(watching, "speechDetection", atMs + STOP_DETECTION_MS);
}

/** The model has detected the end, or there is nothing to detect. */
export function stopWatching(step: Step): Step {
  return clearDeadlines(step, "speechDetection");
}

/**
 * The caller was loud, or has become quiet, and the model has not noticed. A probe comes first. A model that does not
 * answer it is abandoned: what the caller said is kept, and the next session gets it.
 */
export function onSpeechDetectionTimeout(step: Step, atMs: number): Step {
  const { speechWatch, responses, intake } = step.call;
  // Something else is due or playing by now. It has its own deadlines, and the loudness may have been its echo.
  if (intake.unanswered !== "speech" && !mayBeUnnoticed(step.call)) return forgetLoudness(step);
  if (!speechWatch.probing && responses.current.type === "idle") return probeModel(step, atMs);
  // `unanswered` tells the two cases apart, not `callerSpeaks`: losing the stream ends that, but not the wait.
  if (intake.unanswered === "speech") return abandonModel(noticeStop(step, atMs), atMs, "it did not notice that the caller has stopped");
  // It does not answer at all, so it probably missed words: the caller hears a filler at once.
  return abandonModel(onFillerDue(distrustLoudness(step), atMs), atMs, "it did not notice that the caller speaks", false);
}

/**
 * The liveness probe: a `response.cancel` with nothing to cancel. A model that works rejects it
 * (`response_cancel_not_active`), and the loudness was noise. A frozen one says nothing.
 */
function probeModel(step: Step, atMs: number): Step {
  const probing = change(step, { speechWatch: { ...step.call.speechWatch, probing: true } });
  return order(setDeadline(probing, "speechDetection", atMs + PROBE_MS), { type: "model.cancel" });
}

/**
 * An event of the model arrived. It answers a probe, unless the connection ends with it: then the next session gets
 * what the model did not notice.
 */
export function onModelAlive(step: Step, event: ModelEvent): Step {
  const { speechWatch, intake } = step.call;
  if (!speechWatch.probing || event.type === "model.lost") return step;
  if (event.type === "model.errorReported" && endsSession(event.error)) return step;
  const alive = distrustLoudness(stopWatching(step));
  return intake.unanswered === "loudness" ? answerKept(alive) : alive;
}

/** Loudness that a second session does not notice either was noise. */
function distrustLoudness(step: Step): Step {
  return change(step, { speechWatch: { ...initialSpeechWatch, trusted: false } });
}

function forgetLoudness(step: Step): Step {
  const { intake, speechWatch } = step.call;
  const forgotten = change(stopWatching(step), { speechWatch: restartedWatch(speechWatch) });
  return intake.unanswered === "loudness" ? answerKept(forgotten) : forgotten;
}

/** Only voice has noticed that the caller stopped: they have waited since their last loud frame. */
function noticeStop(step: Step, atMs: number): Step {
  const sinceMs = atMs - STOP_DETECTION_MS - (step.call.speechWatch.probing ? PROBE_MS : 0);
  return change(beginWait(step, sinceMs), { callerSpeaks: false });
}

/** Nothing is playing whose echo the loudness could be, and no reply is on its way. */
function mayBeUnnoticed({ speechWatch, playout, responses, deadlines, phase }: Call): boolean {
  const isQuiet = !hasOutstandingMark(playout) && responses.current.type === "idle" && deadlines.reply === undefined;
  return speechWatch.trusted && phase === "talking" && isQuiet;
}
