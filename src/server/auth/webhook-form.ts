// What an authenticated form must have. Twilio signs names and values without delimiters, so a captured signature also
// fits forms that are split differently: CallSid=CA…1CallStatusringing, or a CallSid taken from another parameter. The
// checks leave one reading of what voice uses. Other parameters may have any name: Twilio adds new ones, and clients
// add their own. Follows https://www.twilio.com/docs/voice/twiml#request-parameters

import { isSid } from "../../protocol/sid.ts";
import { joinParams, type SignedParams } from "../../protocol/signature.ts";

/** https://www.twilio.com/docs/voice/api/call-resource#call-status-values and .../twiml/dial#dialcallstatus */
const statuses: ReadonlySet<string> = new Set([
  "",
  "queued",
  "initiated",
  "ringing",
  "in-progress",
  "answered",
  "completed",
  "busy",
  "failed",
  "no-answer",
  "canceled",
]);
/** https://www.twilio.com/docs/voice/twiml/stream#statuscallback */
const streamEvents: ReadonlySet<string> = new Set(["stream-started", "stream-stopped", "stream-error"]);
/** A telephone number that takes in the next parameter's name. */
const overlongNumber = /^\+\d+[A-Za-z]/;

/** Why it is not a form that Twilio sent; undefined when it may be. `isPost`: the signature covers it as a form. */
export function findFormFault(params: SignedParams, isPost: boolean): string | undefined {
  const value = (name: string): string => [params[name] ?? ""].flat()[0] ?? "";
  const callSid = value("CallSid");
  if (callSid === "") return "CallSid is missing: this URL is for Twilio's webhooks";
  if (!isSid("CA", callSid)) return "CallSid is malformed";
  if (!isSid("AC", value("AccountSid"))) return "AccountSid is missing or malformed";
  if (isPost && !isFirst("CallSid", callSid, params)) return "CallSid is not the one that was signed";
  if (isPost && !isFirst("AccountSid", value("AccountSid"), params)) return "AccountSid is not the one that was signed";
  const parent = value("ParentCallSid");
  if (isPost && parent !== "" && !isFirst("ParentCallSid", parent, params)) return "ParentCallSid is not the one that was signed";
  if ("DialBridged" in params && !["", "true", "false"].includes(value("DialBridged"))) return "DialBridged is malformed";
  for (const name of ["CallStatus", "DialCallStatus"]) {
    if (name in params && !statuses.has(value(name))) return `${name} is malformed`;
  }
  if ("StreamEvent" in params) return streamEvents.has(value("StreamEvent")) ? undefined : "StreamEvent is malformed";
  if (!("CallStatus" in params)) return "CallStatus is missing";
  return ["From", "To"].some((name) => overlongNumber.test(value(name))) ? "From or To is malformed" : undefined;
}

/**
 * Whether the signed text has this value at the first place where the name and a SID follow each other. The order of
 * the text is fixed, so another split cannot move it.
 */
function isFirst(name: string, sid: string, params: SignedParams): boolean {
  return new RegExp(`${name}([A-Z]{2}[0-9a-f]{32})`, "i").exec(joinParams(params))?.[1] === sid;
}
