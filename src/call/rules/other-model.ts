// Another model: when the one that answers cannot be reached, is refused, or fails, the next of the agent's list takes
// over, with the conversation so far. Only when there is none left is the call given up.

import type { EndCause } from "../end-reason.ts";
import { isConnected } from "../machines/model-leg.ts";
import { change, clearDeadlines, order, type Step, setDeadline } from "../state.ts";
import { giveUp, recordFallback } from "./fallback.ts";
import { awaitModel, otherModel } from "./model-dial.ts";
import { holdForNextSession } from "./next-session.ts";
import { isReplyDue } from "./responses.ts";
import { dropSuccessor } from "./roll-over.ts";

/** The model has failed for good: the next one is dialled. Without one, the call is given up. */
export function giveUpModel(step: Step, atMs: number, cause: EndCause, detail: string, isDue = isReplyDue(step.call)): Step {
  const chosen = otherModel(step.call);
  if (chosen === undefined) return giveUp(step, atMs, { by: "model", cause }, detail);
  const { identity, settings, model, phase } = step.call;
  const { epoch } = model;
  const alone = dropSuccessor(step, atMs);
  const closed = isConnected(model) ? order(alone, { type: "model.close", epoch }) : alone;
  const held = holdForNextSession(closed, atMs, isDue || phase === "greeting");
  const { responses } = held.call;
  // The next one has failed at nothing, and refused this call nothing.
  const next = change(clearDeadlines(held, "modelReady"), {
    chosen,
    omitted: settings.refused[chosen] ?? [],
    model: { state: "backingOff", epoch, attempt: 0 },
    responses: { ...responses, failuresInRow: 0 },
  });
  const fields = { callSid: identity.callSid, cause, detail, model: chosen };
  const logged = order(recordFallback(next, "otherModel"), { type: "log", level: "warning", event: "model.replaced", fields });
  // Not in this step: what it has ordered so far is for the session that is over.
  return awaitModel(setDeadline(logged, "redial", atMs), atMs);
}
