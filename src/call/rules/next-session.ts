// A model session is over, and another one will follow: what that one needs is kept.

import { closeIntake } from "../machines/intake.ts";
import { partsComplete } from "../machines/playout.ts";
import { countFailure, restartResponses } from "../machines/responses.ts";
import { restartedWatch } from "../machines/speech-watch.ts";
import { applyPlayout, change, clearDeadlines, type Step } from "../state.ts";
import { beginWait } from "./caller-wait.ts";

/** The session is over. What the next one needs is kept: unanswered speech, and the request for a reply that is due. */
export function holdForNextSession(step: Step, atMs: number, isDue: boolean): Step {
  const { model, playout, responses, intake, speechWatch } = step.call;
  // No more audio will come: a last mark shows when what was sent has been heard.
  const marked = applyPlayout(step, partsComplete(playout, model.epoch));
  // Unanswered speech is sent to the next session, which answers it without a request.
  const restarted = restartResponses(isDue ? countFailure(responses, true) : responses, isDue && intake.unanswered !== "speech");
  const quiet = clearDeadlines(marked, "reply", "gap", "stall", "retry", "rollOver", "configure", "redial", "speechDetection");
  const held = change(quiet, {
    intake: closeIntake(intake),
    responses: restarted,
    speechWatch: restartedWatch(speechWatch),
    callerSpeaks: false,
  });
  return isDue ? beginWait(held, atMs) : held;
}
