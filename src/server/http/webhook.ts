// What Twilio is answered over HTTP: a call's first webhook, what comes after a stream, and the two callbacks. Who may ask: admit.ts. Its fallback: fallback.ts.
// Follows https://www.twilio.com/docs/voice/twiml, .../twiml/connect#action, .../twiml/dial#action, .../twiml/stream#statuscallback

import type { Next } from "../../call/effects.ts";
import { afterTransfer } from "../../call/rules/after.ts";
import type { Connection } from "../../platform/seam.ts";
import { describeTwilioError } from "../../protocol/twilio-errors.ts";
import { admit, type WebhookDeps } from "../auth/authenticate-webhook.ts";
import { emptyAnswer } from "./answers.ts";
import { answerNext, answerRefused, streamUrl } from "./twiml-answers.ts";

/** A call has come: answers with a stream; one that is not taken, with a person or words. */
export async function answerVoice(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const admitted = await admit("/twilio/voice", request, connection, deps);
  if (admitted instanceof Response) return admitted;
  const { callSid, form } = admitted;
  const call = deps.calls.offer({ callSid, accountSid: form("AccountSid"), from: form("From"), to: form("To") });
  if (typeof call === "string") {
    const { name, response } = answerRefused(call, form("CallStatus"), admitted, deps);
    deps.log(call === "draining" ? "info" : "warning", "webhook.answered", { callSid, answer: name, why: call });
    if (call === "full" || call === "outOfMemory") deps.alert(call, `a call was answered with: ${name}`, callSid);
    return response;
  }
  const peer = connection.peerAddress;
  deps.log("info", "webhook.answered", { callSid, answer: "stream", streamUrl: streamUrl(admitted), peer });
  return answerNext({ type: "connect" }, admitted, call.identity.accountSid, deps).response;
}

/** A stream is over, or never was, or a person has hung up: answers with what comes next. */
export async function answerAfter(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const admitted = await admit("/twilio/after", request, connection, deps);
  if (admitted instanceof Response) return admitted;
  const { callSid, form } = admitted;
  const callStatus = form("CallStatus");
  const dialCallStatus = form("DialCallStatus") || undefined;
  const call = deps.calls.find(callSid);
  const next =
    call === undefined ? afterUnknown(callStatus, dialCallStatus, deps.config) : deps.calls.ask(call, callStatus, dialCallStatus);
  const { name, response } = answerNext(next, admitted, call?.identity.accountSid ?? form("AccountSid"), deps);
  const known = call !== undefined;
  deps.log(known ? "info" : "warning", "after.answered", { callSid, callStatus, dialCallStatus, next: name, known });
  if (!known && name !== "nothing") {
    deps.alert(dialCallStatus === undefined ? "unknownCall" : "transferFailed", `answered with: ${name}`, callSid);
  }
  return response;
}

/** The call's status callback. */
export async function takeStatus(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const admitted = await admit("/twilio/status", request, connection, deps);
  if (admitted instanceof Response) return admitted;
  const { callSid, form } = admitted;
  const call = deps.calls.find(callSid);
  deps.log("debug", "status.reported", { callSid, callStatus: form("CallStatus"), known: call !== undefined });
  call?.reported(form("CallStatus"));
  return emptyAnswer();
}

/** The Stream's status callback: the one place where Twilio tells us why a stream failed. */
export async function takeStreamEvent(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const admitted = await admit("/twilio/stream", request, connection, deps);
  if (admitted instanceof Response) return admitted;
  const { callSid, form } = admitted;
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

/** What comes next for a call that this process does not know: it was started anew, the call ended long ago, or it was handed to a person at once. */
export function afterUnknown(callStatus: string, dialCallStatus: string | undefined, { transferTo }: WebhookDeps["config"]): Next {
  if (callStatus !== "in-progress") return { type: "nothing" };
  // Who could not be reached is not rung again.
  if (dialCallStatus !== undefined) return afterTransfer(dialCallStatus);
  return transferTo !== undefined ? { type: "transfer", sentence: "transferring" } : { type: "say", sentence: "apology" };
}
