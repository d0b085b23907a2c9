// The ladder: what the caller hears when something breaks. Never silence that nobody explained, never Twilio's application error.
// Four rungs, the first that holds: mended unheard, or with a short sound (model-events.ts, asking.ts, after.ts, waiting.ts); here, a person, or a
// sentence by Twilio's <Say>, which needs neither the model nor audio; and when voice itself is gone, Twilio's own fallback (server/http/fallback.ts).

import type { Next, Sentence } from "../effects.ts";
import type { EndReason } from "../end-reason.ts";
import { order, type Step } from "../state.ts";
import { leave } from "./ending.ts";
import { needed } from "./waiting.ts";

/** Which sentence fits the cause. */
function sentenceFor({ cause }: EndReason): Sentence {
  return cause === "drained" ? "draining" : "apology";
}

/** Something broke that cannot be mended: the call is left, and the caller is told in words. */
export function giveUp(step: Step, atMs: number, end: EndReason, detail: string): Step {
  const { identity, settings } = step.call;
  const next: Next = settings.canTransfer ? { type: "transfer", sentence: "transferring" } : { type: "say", sentence: sentenceFor(end) };
  const told = order(needed(step, settings.canTransfer ? "transferred" : "apology"), {
    type: "log",
    level: end.by === "operator" ? "info" : "error",
    event: "call.givenUp",
    fields: { callSid: identity.callSid, by: end.by, cause: end.cause, detail, next: next.type },
  });
  const { cause } = end;
  // What the operator ordered needs nobody to be told.
  return leave(end.by === "operator" ? told : order(told, { type: "alert", cause, detail }), atMs, end, next);
}
