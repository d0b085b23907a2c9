// Answers Twilio's fallback URL, which Twilio requests when it could not fetch or execute an answer, ours or another
// host's. It is the last level of the fallback: without it the caller would hear Twilio's error message.
// Follows https://www.twilio.com/docs/usage/security/availability-reliability#fallback-urls

import { isCallOver } from "../../call/rules/after.ts";
import type { Connection } from "../../platform/seam.ts";
import { describeTwilioError, type TwilioErrorGroup } from "../../protocol/twilio-errors.ts";
import { type AuthenticatedWebhook, authenticateWebhook, type WebhookDeps, withoutQuery } from "../auth/authenticate-webhook.ts";
import { answerNewCall } from "./new-call.ts";
import { answerNext, type NamedAnswer } from "./twiml-answers.ts";
import { bridgedOf, nextOfUnknownCall } from "./webhook.ts";

const MAX_URL_CHARS = 300;

/** Logs why Twilio could not go on, and answers with what cannot fail in the same way. */
export async function answerFallback(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const webhook = await authenticateWebhook("/twilio/fallback", request, connection, deps);
  if (webhook instanceof Response) return webhook;
  const { callSid, form } = webhook;
  const callStatus = form("CallStatus");
  const { code, group, meaning, fix } = describeTwilioError(form("ErrorCode"));
  const errorUrl = withoutQuery(form("ErrorUrl").slice(0, MAX_URL_CHARS));
  const known = deps.calls.find(callSid) !== undefined;
  const { name, response } = chooseAnswer(group, webhook, deps);
  deps.log("error", "fallback.answered", { callSid, callStatus, code, errorUrl, meaning, fix, known, next: name });
  deps.alert("twilioError", `${code} at ${errorUrl}: ${meaning}; answered with: ${name}`, callSid);
  return response;
}

function chooseAnswer(group: TwilioErrorGroup | undefined, webhook: AuthenticatedWebhook, deps: WebhookDeps): NamedAnswer {
  const { callSid, form } = webhook;
  const accountSid = form("AccountSid");
  const callStatus = form("CallStatus");
  const dialCallStatus = form("DialCallStatus") || undefined;
  if (isCallOver(callStatus)) return answerNext({ type: "nothing" }, webhook, accountSid, deps);
  const known = deps.calls.find(callSid);
  // Only a sentence is safe: a person is not dialled again, and a stream is not connected by TwiML that Twilio
  // rejected.
  if (group === "verb" || (known !== undefined && group === "document")) {
    return answerNext({ type: "say", sentence: "apology" }, webhook, accountSid, deps);
  }
  // When the answer to the first webhook was lost, the status is still "ringing". The call decides as if the stream had
  // ended.
  if (known !== undefined)
    return answerNext(deps.calls.decideNext(known, "in-progress", dialCallStatus, bridgedOf(webhook)), webhook, accountSid, deps);
  // The end of a transfer that another host made.
  if (dialCallStatus !== undefined)
    return answerNext(nextOfUnknownCall(callStatus, dialCallStatus, deps.config, bridgedOf(webhook)), webhook, accountSid, deps);
  // A call of another host, or of this server before a restart: treated as a new call.
  return answerNewCall(webhook, deps);
}
