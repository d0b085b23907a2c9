// Fallbacks: what the caller gets when something breaks, so that it is never unexplained silence and never Twilio's
// "application error". In this order:
//   recovered    voice redials, resumes or requests again: model-connection.ts, after.ts, responses.ts
//   otherModel   the agent's next model takes over, with the conversation so far: other-model.ts
//   transferred  a person takes over, if one is configured
//   apology      Twilio's <Say> plays a sentence, which needs neither the model nor audio
// When voice itself is down, Twilio's fallback URL takes over (server/http/fallback.ts).

import type { Next } from "../effects.ts";
import type { EndReason } from "../end-reason.ts";
import { newTransfer } from "../machines/transfer.ts";
import type { Fallback } from "../record.ts";
import { change, order, type Step } from "../state.ts";
import { leave } from "./ending.ts";
import { handOver, noteOutcome, planNamed } from "./transfer.ts";

const FALLBACKS: readonly Fallback[] = ["none", "recovered", "otherModel", "transferred", "apology"];

/** Records that a fallback was used; the last one in the order counts. */
export function recordFallback(step: Step, fallback: Fallback): Step {
  return FALLBACKS.indexOf(fallback) > FALLBACKS.indexOf(step.call.fallback) ? change(step, { fallback }) : step;
}

/** Gives up on recovery: the call is left, and the caller is transferred or hears an apology. */
export function giveUp(step: Step, atMs: number, end: EndReason, detail: string): Step {
  const { identity, settings, goodbye, transfer } = step.call;
  const { by, cause } = end;
  // The call was about to end, or to be transferred. A sentence takes the place of the agent's words.
  if (goodbye?.transfer !== undefined && by === "model") return handOver(step, atMs, goodbye.transfer);
  if (goodbye !== undefined && by === "model") return leave(step, atMs, goodbye.end, { type: "say", sentence: "goodbye" });
  const sentence = cause === "drained" ? "draining" : "apology";
  const plan = transfer === undefined && settings.onFailure !== undefined ? planNamed(step.call, settings.onFailure) : undefined;
  const canTransfer = settings.canTransfer && transfer === undefined;
  const next: Next = canTransfer ? { type: "transfer", sentence: "transferring" } : { type: "say", sentence };
  // The operator ordered a drain, and needs neither an error nor an alert.
  const isOrdered = by === "operator";
  const logged = order(recordFallback(noteOutcome(step, "unknown"), canTransfer || plan !== undefined ? "transferred" : "apology"), {
    type: "log",
    level: isOrdered ? "info" : "error",
    event: "call.givenUp",
    fields: { callSid: identity.callSid, by, cause, detail, next: plan === undefined ? next.type : "transfer" },
  });
  // One alert for each call. An order to stop had none.
  const isKnown = step.call.end !== undefined && step.call.end.by !== "operator";
  const alerted = isOrdered || isKnown ? logged : order(logged, { type: "alert", cause, detail });
  if (plan === undefined) return leave(alerted, atMs, end, next);
  return handOver(alerted, atMs, { ...newTransfer(plan, undefined), isDetached: isOrdered }, end);
}
