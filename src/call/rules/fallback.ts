// Fallbacks: what the caller gets when something breaks, so that it is never unexplained silence and never Twilio's
// "application error". In this order:
//   recovered    voice redials, resumes or requests again: model-connection.ts, after.ts, responses.ts
//   otherModel   the agent's next model takes over, with the conversation so far: other-model.ts
//   transferred  a person takes over, if one is configured
//   apology      Twilio's <Say> plays a sentence, which needs neither the model nor audio
// When voice itself is down, Twilio's fallback URL takes over (server/http/fallback.ts).

import type { Next } from "../effects.ts";
import type { EndReason } from "../end-reason.ts";
import type { Fallback } from "../record.ts";
import { change, order, type Step } from "../state.ts";
import { leave } from "./ending.ts";

const FALLBACKS: readonly Fallback[] = ["none", "recovered", "otherModel", "transferred", "apology"];

/** Records that a fallback was used; the last one in the order counts. */
export function recordFallback(step: Step, fallback: Fallback): Step {
  return FALLBACKS.indexOf(fallback) > FALLBACKS.indexOf(step.call.fallback) ? change(step, { fallback }) : step;
}

/** Gives up on recovery: the call is left, and the caller is transferred or hears an apology. */
export function giveUp(step: Step, atMs: number, end: EndReason, detail: string): Step {
  const { identity, settings, goodbye } = step.call;
  const { by, cause } = end;
  // The call was about to end. A sentence takes the place of the agent's goodbye.
  if (goodbye !== undefined && by === "model") return leave(step, atMs, goodbye.end, { type: "say", sentence: "goodbye" });
  const sentence = cause === "drained" ? "draining" : "apology";
  const next: Next = settings.canTransfer ? { type: "transfer", sentence: "transferring" } : { type: "say", sentence };
  // The operator ordered a drain, and needs neither an error nor an alert.
  const isOrdered = by === "operator";
  const logged = order(recordFallback(step, settings.canTransfer ? "transferred" : "apology"), {
    type: "log",
    level: isOrdered ? "info" : "error",
    event: "call.givenUp",
    fields: { callSid: identity.callSid, by, cause, detail, next: next.type },
  });
  return leave(isOrdered ? logged : order(logged, { type: "alert", cause, detail }), atMs, end, next);
}
