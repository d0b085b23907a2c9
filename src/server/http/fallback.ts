// Twilio's own safety net: what it asks when it could not fetch or execute an answer, of us or of another host. The last rung: no caller is left to Twilio's error.
// Follows https://www.twilio.com/docs/usage/security/availability-reliability#fallback-urls

import type { Connection } from "../../platform/seam.ts";
import { describeTwilioError, type TwilioError } from "../../protocol/twilio-errors.ts";
import { type Admitted, admit, type WebhookDeps, withoutQuery } from "../auth/authenticate-webhook.ts";
import { answerNext, answerRefused, type Spoken } from "./twiml-answers.ts";
import { afterUnknown } from "./webhook.ts";

/** Statuses that say that nobody listens any more: https://www.twilio.com/docs/voice/api/call-resource#call-status-values */
const OVER: ReadonlySet<string> = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);
/** A URL may be long. */
const MAX_URL_CHARS = 300;

/** Twilio could not go on: tells why, and answers by the ladder, with whatever cannot fail in the same way. */
export async function answerFallback(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const admitted = await admit("/twilio/fallback", request, connection, deps);
  if (admitted instanceof Response) return admitted;
  const { callSid, form } = admitted;
  const callStatus = form("CallStatus");
  const error = describeTwilioError(form("ErrorCode"));
  const { code, meaning, fix } = error;
  const errorUrl = withoutQuery(form("ErrorUrl").slice(0, MAX_URL_CHARS));
  const known = deps.calls.find(callSid) !== undefined;
  const { name, response } = goOn(error, admitted, deps);
  deps.log("error", "fallback.asked", { callSid, callStatus, code, errorUrl, meaning, fix, known, next: name });
  deps.alert("twilioError", `${code} at ${errorUrl}: ${meaning}; answered with: ${name}`, callSid);
  return response;
}

function goOn({ group }: TwilioError, admitted: Admitted, deps: WebhookDeps): Spoken {
  const { callSid, form } = admitted;
  const accountSid = form("AccountSid");
  const callStatus = form("CallStatus");
  const dialCallStatus = form("DialCallStatus") || undefined;
  if (OVER.has(callStatus)) return answerNext({ type: "nothing" }, admitted, accountSid, deps);
  const known = deps.calls.find(callSid);
  // The least that can fail: nothing is dialled again, and no stream is connected by TwiML that was refused.
  if (group === "verb" || (known !== undefined && group === "document")) {
    return answerNext({ type: "say", sentence: "apology" }, admitted, accountSid, deps);
  }
  // It may still ring, when the answer to its first webhook was lost; for the call that is no other question.
  if (known !== undefined) return answerNext(deps.calls.ask(known, "in-progress", dialCallStatus), admitted, accountSid, deps);
  // The far end of a transfer that another host made.
  if (dialCallStatus !== undefined) return answerNext(afterUnknown(callStatus, dialCallStatus, deps.config), admitted, accountSid, deps);
  // Another host's call, or that of the process before this one: it is taken here, as if it had just come.
  const taken = deps.calls.offer({ callSid, accountSid, from: form("From"), to: form("To") });
  if (typeof taken === "string") return answerRefused(taken, callStatus, admitted, deps);
  return answerNext({ type: "connect" }, admitted, accountSid, deps);
}
