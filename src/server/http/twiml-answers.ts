// The TwiML answers that a caller hears: a stream, a transfer to a person, a sentence, or a busy tone. Which one when:
// webhook.ts, fallback.ts and call/rules/after.ts.

import type { Dial, Next } from "../../call/effects.ts";
import { dialTwiml } from "../../protocol/twiml/dial.ts";
import { connectStreamTwiml, emptyTwiml, rejectTwiml, sayTwiml, transferTwiml } from "../../protocol/twiml/twiml.ts";
import type { AuthenticatedWebhook, WebhookDeps } from "../auth/authenticate-webhook.ts";
import type { CallRefusal } from "../calls/call-registry.ts";
import { twimlAnswer } from "./answers.ts";

type AnswerDeps = Pick<WebhookDeps, "config" | "auth"> & { readonly calls: DrainState };

type DrainState = Pick<WebhookDeps["calls"], "draining">;

/**
 * /twilio/after, relative to the webhook that is being answered: Twilio requests it where it reached that one, whatever
 * host, port and path prefix a proxy shows us.
 */
const AFTER_URL = "after";
/** /twilio/screen, in the same way. */
export const SCREEN_URL = "screen";

export interface NamedAnswer {
  /** For the log. */
  readonly name: Next["type"] | "reject";
  readonly response: Response;
}

/** Answers with what comes next. A transfer becomes a sentence when VOICE_TRANSFER_TO is not set. */
export function answerNext(next: Next, webhook: AuthenticatedWebhook, accountSid: string, deps: AnswerDeps): NamedAnswer {
  const { config, calls } = deps;
  if (next.type === "nothing") return { name: next.type, response: twimlAnswer(emptyTwiml()) };
  if (next.type === "connect") return { name: next.type, response: connectStream(webhook, accountSid, deps) };
  if (next.type === "transfer" && config.transferTo !== undefined) {
    const response = transfer(config.sentences[next.sentence], config.transferTo, config, calls);
    return { name: "transfer", response };
  }
  if (next.type === "dial") return { name: "dial", response: dialPeople(next, webhook, deps) };
  const words = next.type === "say" ? (next.words ?? config.sentences[next.sentence]) : config.sentences.apology;
  return { name: "say", response: twimlAnswer(sayTwiml(words, config.language)) };
}

/**
 * Answers a new call that is refused: with a transfer if possible, otherwise with a sentence or a busy tone. Only a
 * ringing call can be rejected, so `callStatus` matters: https://www.twilio.com/docs/voice/twiml/reject.
 */
export function answerRefusedCall(reason: CallRefusal, callStatus: string, webhook: AuthenticatedWebhook, deps: AnswerDeps): NamedAnswer {
  const { config } = deps;
  // A replayed webhook must not make a person's telephone ring.
  if (reason === "ended") return answerNext({ type: "say", sentence: "apology" }, webhook, "", deps);
  if (config.transferTo !== undefined) return answerNext({ type: "transfer", sentence: "transferring" }, webhook, "", deps);
  if (config.busy === "reject" && callStatus === "ringing") return { name: "reject", response: twimlAnswer(rejectTwiml("busy")) };
  return answerNext({ type: "say", sentence: reason === "draining" ? "draining" : "busy" }, webhook, "", deps);
}

/**
 * The answer when we threw: a new call is transferred if possible; every other caller hears the apology, after a failed
 * transfer too.
 */
export function answerAfterThrow(path: string, config: WebhookDeps["config"], calls: DrainState): Response {
  const { transferTo, sentences, language } = config;
  if (transferTo === undefined || path !== "/twilio/voice") return twimlAnswer(sayTwiml(sentences.apology, language));
  return transfer(sentences.transferring, transferTo, config, calls);
}

/** The URL at which Twilio opens the stream. */
export function streamUrl({ streamBaseUrl }: AuthenticatedWebhook): string {
  return `${streamBaseUrl}/twilio/realtime`;
}

/**
 * A sentence, then a person. Twilio requests the action after the person hangs up, perhaps an hour later. A draining
 * process names no action, because an unanswered request makes the caller hear Twilio's error; then the call
 * ends silently if the person does not answer.
 */
function transfer(sentence: string, target: string, { language }: { readonly language: string }, calls: DrainState): Response {
  const actionUrl = calls.draining ? undefined : AFTER_URL;
  return twimlAnswer(transferTwiml({ sentence, language, target, actionUrl }));
}

/**
 * Dials the people of a transfer. A draining process may be gone when a person answers or hangs up: it asks no one to
 * press a key, and names no action.
 */
function dialPeople(
  { sentence, dial }: Extract<Next, { type: "dial" }>,
  webhook: AuthenticatedWebhook,
  { config, calls }: AnswerDeps,
): Response {
  const { targets, isScreened, ringMs, callerId, isDetached } = dial;
  const stays = !isDetached && !calls.draining;
  return twimlAnswer(
    dialTwiml({
      sentence: sentence === undefined ? undefined : config.sentences[sentence],
      language: config.language,
      targets,
      ringS: Math.round(ringMs / 1_000),
      callerId: callerIdOf(callerId, webhook),
      screenUrl: isScreened && stays ? SCREEN_URL : undefined,
      actionUrl: stays ? AFTER_URL : undefined,
    }),
  );
}

/** By default Twilio shows the caller's number, or that it is withheld. */
function callerIdOf(callerId: Dial["callerId"], { form }: AuthenticatedWebhook): string | undefined {
  if (callerId === "caller") return undefined;
  if (callerId !== "called") return callerId.number;
  const called = form(form("Direction").startsWith("outbound") ? "From" : "To");
  // Twilio refuses anything but a telephone number: https://www.twilio.com/docs/api/errors/13214
  return /^\+[1-9]\d{1,14}$/.test(called) ? called : undefined;
}

function connectStream(webhook: AuthenticatedWebhook, accountSid: string, { auth }: AnswerDeps): Response {
  const twiml = connectStreamTwiml({
    streamUrl: streamUrl(webhook),
    token: auth.issueToken({ callSid: webhook.callSid, accountSid }),
    parameters: {},
    actionUrl: AFTER_URL,
    statusCallbackUrl: `${webhook.baseUrl}/twilio/stream`,
  });
  if (typeof twiml !== "string") throw new Error(`BUG: our own TwiML: ${twiml.bad}`);
  return twimlAnswer(twiml);
}
