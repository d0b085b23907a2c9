// The answers that a caller hears: a stream, a person, a sentence, or a busy tone. Not when which (webhook.ts, fallback.ts, call/rules/after.ts).

import type { Next } from "../../call/effects.ts";
import { connectStreamTwiml, emptyTwiml, rejectTwiml, sayTwiml, transferTwiml } from "../../protocol/twiml/twiml.ts";
import type { Admitted, WebhookDeps } from "../auth/authenticate-webhook.ts";
import type { CallRefusal } from "../calls/call-registry.ts";
import { twimlAnswer } from "./answers.ts";

/** What an answer is made of. */
type Speaking = Pick<WebhookDeps, "config" | "door"> & { readonly calls: Draining };

/** Whether the process is being stopped: whoever is handed to a person then must not need it any more. */
type Draining = Pick<WebhookDeps["calls"], "draining">;

/** An answer, and its name for the log. */
export interface Spoken {
  readonly name: Next["type"] | "reject";
  readonly response: Response;
}

/** Answers with what comes next. A transfer without anybody to transfer to is a sentence. */
export function answerNext(next: Next, admitted: Admitted, accountSid: string, deps: Speaking): Spoken {
  const { config, calls } = deps;
  if (next.type === "nothing") return { name: next.type, response: twimlAnswer(emptyTwiml()) };
  if (next.type === "connect") return { name: next.type, response: connectStream(admitted, accountSid, deps) };
  if (next.type === "transfer" && config.transferTo !== undefined) {
    const response = transfer(config.sentences[next.sentence], config.transferTo, admitted.verdict.baseUrl, config, calls);
    return { name: "transfer", response };
  }
  const sentence = next.type === "say" ? next.sentence : "apology";
  return { name: "say", response: twimlAnswer(sayTwiml(config.sentences[sentence], config.language)) };
}

/**
 * Answers a new call that is not taken: with a person where there is one, else with words or a busy tone. `callStatus`: only a call that still rings can be
 * rejected, https://www.twilio.com/docs/voice/twiml/reject.
 */
export function answerRefused(why: CallRefusal, callStatus: string, admitted: Admitted, deps: Speaking): Spoken {
  const { config } = deps;
  // Sent anew by whoever has seen it: no telephone is rung for that.
  if (why === "ended") return answerNext({ type: "say", sentence: "apology" }, admitted, "", deps);
  if (config.transferTo !== undefined) return answerNext({ type: "transfer", sentence: "transferring" }, admitted, "", deps);
  if (config.busy === "reject" && callStatus === "ringing") return { name: "reject", response: twimlAnswer(rejectTwiml("busy")) };
  return answerNext({ type: "say", sentence: why === "draining" ? "draining" : "busy" }, admitted, "", deps);
}

/** The answer when we threw. A call that was not taken yet is handed to a person where there is one; else, and when what comes after a transfer threw, words. */
export function apologise(path: string, config: WebhookDeps["config"], calls: Draining): Response {
  const { transferTo, publicUrl = "", sentences, language } = config;
  if (transferTo === undefined || path !== "/twilio/voice") return twimlAnswer(sayTwiml(sentences.apology, language));
  // Relative to the webhook's own URL where no other is known: what would tell it may be what threw.
  return transfer(sentences.transferring, transferTo, publicUrl, config, calls);
}

/** Where Twilio is to open the stream. */
export function streamUrl({ verdict }: Admitted): string {
  return `${verdict.streamBaseUrl}/twilio/realtime`;
}

/**
 * A sentence, then a person. Twilio asks the action when the person has hung up, which may be in an hour: a process that is being stopped names none, since a
 * caller whom nobody answers there hears Twilio's error. The price: when the person cannot be had, the call ends without a sentence.
 */
function transfer(
  sentence: string,
  target: string,
  baseUrl: string,
  { language }: { readonly language: string },
  calls: Draining,
): Response {
  const actionUrl = calls.draining ? undefined : `${baseUrl}/twilio/after`;
  return twimlAnswer(transferTwiml({ sentence, language, target, actionUrl }));
}

function connectStream(admitted: Admitted, accountSid: string, { door }: Speaking): Response {
  const { baseUrl } = admitted.verdict;
  const twiml = connectStreamTwiml({
    streamUrl: streamUrl(admitted),
    token: door.giveToken({ callSid: admitted.callSid, accountSid }),
    parameters: {},
    actionUrl: `${baseUrl}/twilio/after`,
    statusCallbackUrl: `${baseUrl}/twilio/stream`,
  });
  if (typeof twiml !== "string") throw new Error(`BUG: our own TwiML: ${twiml.bad}`);
  return twimlAnswer(twiml);
}
