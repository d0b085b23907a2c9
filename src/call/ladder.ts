// The ladder: what the caller hears when something breaks. Never silence that nobody explained, never Twilio's application error.
// Here: one rung, a sentence by Twilio's <Say>, which needs neither the model nor audio. Mending unheard is model-events.ts's (dialling again).

import type { Sentence } from "./effects.ts";
import type { EndReason } from "./end-reason.ts";
import { leave } from "./ending.ts";
import { order, type Step } from "./state.ts";

/** Which sentence fits the cause. */
function sentenceFor({ cause }: EndReason): Sentence {
  return cause === "drained" ? "draining" : "apology";
}

/** Something broke that cannot be mended: the call is left, and the caller is told in words. */
export function giveUp(step: Step, atMs: number, end: EndReason, detail: string): Step {
  const { identity } = step.call;
  const sentence = sentenceFor(end);
  const told = order(step, {
    type: "log",
    level: end.by === "operator" ? "info" : "error",
    event: "call.givenUp",
    fields: { callSid: identity.callSid, by: end.by, cause: end.cause, detail, sentence },
  });
  return leave(told, atMs, end, { type: "say", sentence });
}
