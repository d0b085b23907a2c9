// Answers Twilio's webhooks: a new call, what comes after a stream or a transfer, and the two status callbacks. The
// fallback URL: fallback.ts.
// Follows https://www.twilio.com/docs/voice/twiml, .../twiml/connect#action, .../twiml/dial#action,
// .../twiml/stream#statuscallback

import type { Next } from "../../call/effects.ts";
import { afterTransfer } from "../../call/rules/after.ts";
import type { Connection } from "../../platform/seam.ts";
import { describeTwilioError } from "../../protocol/twilio-errors.ts";
import { type AuthenticatedWebhook, authenticateWebhook, type WebhookDeps } from "../auth/authenticate-webhook.ts";
import { emptyAnswer } from "./answers.ts";
import { answerNewCall } from "./new-call.ts";
import { answerNext, streamUrl } from "./twiml-answers.ts";

/** Why the operator wants a call not to be taken. Other reasons are warnings. */
const expectedReasons: ReadonlySet<string> = new Set(["draining", "denied", "closed", "busyCaller"]);

/** A new call: answers with a stream, or, when the call is refused, with a person or a sentence. */
export async function answerVoice(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const webhook = await authenticateWebhook("/twilio/voice", request, connection, deps);
  if (webhook instanceof Response) return webhook;
  const { callSid } = webhook;
  const { name, response, reason, alerts } = answerNewCall(webhook, deps);
  if (reason === undefined) {
    deps.log("info", "webhook.answered", { callSid, answer: "stream", streamUrl: streamUrl(webhook), peer: connection.peerAddress });
    return response;
  }
  deps.log(expectedReasons.has(reason) ? "info" : "warning", "webhook.answered", { callSid, answer: name, reason });
  if (alerts !== undefined) deps.alert(alerts, `the call was answered with: ${name}`, callSid);
  return response;
}

/** A stream has ended or never started, or a transfer is over: answers with what comes next. */
export async function answerAfter(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const webhook = await authenticateWebhook("/twilio/after", request, connection, deps);
  if (webhook instanceof Response) return webhook;
  const { callSid, form } = webhook;
  const callStatus = form("CallStatus");
  const dialCallStatus = form("DialCallStatus") || undefined;
  const call = deps.calls.find(callSid);
  const known = call !== undefined;
  const bridged = bridgedOf(webhook);
  const next = known
    ? deps.calls.decideNext(call, callStatus, dialCallStatus, bridged)
    : nextOfUnknownCall(callStatus, dialCallStatus, deps.config, bridged);
  const { name, response } = answerNext(next, webhook, call?.identity.accountSid ?? form("AccountSid"), deps);
  deps.log(known ? "info" : "warning", "after.answered", { callSid, callStatus, dialCallStatus, next: name, known });
  if (!known && name !== "nothing") {
    deps.alert(dialCallStatus === undefined ? "unknownCall" : "transferFailed", `answered with: ${name}`, callSid);
  }
  return response;
}

/** Whether a person who was dialled was connected with the caller. https://www.twilio.com/docs/voice/twiml/dial#dialbridged */
export function bridgedOf({ form }: Pick<AuthenticatedWebhook, "form">): boolean | undefined {
  const text = form("DialBridged");
  return text === "" ? undefined : text === "true";
}

export async function answerStatusCallback(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const webhook = await authenticateWebhook("/twilio/status", request, connection, deps);
  if (webhook instanceof Response) return webhook;
  const { callSid, form } = webhook;
  const call = deps.calls.find(callSid);
  deps.log("debug", "status.reported", { callSid, callStatus: form("CallStatus"), known: call !== undefined });
  call?.reportStatus(form("CallStatus"));
  return emptyAnswer();
}

/** The Stream's status callback: the only place where Twilio says why a stream failed. */
export async function answerStreamCallback(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const webhook = await authenticateWebhook("/twilio/stream", request, connection, deps);
  if (webhook instanceof Response) return webhook;
  const { callSid, form } = webhook;
  const streamSid = form("StreamSid");
  const event = form("StreamEvent");
  if (event !== "stream-error") {
    deps.log("debug", "stream.reported", { callSid, streamSid, event });
    return emptyAnswer();
  }
  const error = form("StreamError").slice(0, 200);
  const { code, meaning, fix } = describeTwilioError(error);
  deps.log("error", "stream.failed", { callSid, streamSid, error, code, meaning, fix });
  return emptyAnswer();
}

/**
 * What comes next for a call that this process does not know: voice restarted, the call ended long ago, or it was
 * transferred at the webhook.
 */
export function nextOfUnknownCall(
  callStatus: string,
  dialCallStatus: string | undefined,
  { transferTo }: WebhookDeps["config"],
  dialBridged?: boolean,
): Next {
  if (callStatus !== "in-progress") return { type: "nothing" };
  // A person who did not answer is not dialled again.
  if (dialCallStatus !== undefined) return afterTransfer(dialCallStatus, dialBridged);
  return transferTo !== undefined ? { type: "transfer", sentence: "transferring" } : { type: "say", sentence: "apology" };
}
