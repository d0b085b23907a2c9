// The requests that Twilio makes over HTTP for a call: the voice webhook and its kin, to the letter. Not sent here (simulators/sockets/place-telephone-call.ts),
// and what Twilio makes of the answer is webhook-answer.ts.
// Follows https://www.twilio.com/docs/voice/twiml#request-parameters and https://www.twilio.com/docs/usage/security#validating-requests

import type { HttpFields } from "../../protocol/http/message.ts";
import { signRequest } from "../../protocol/signature.ts";
import { isoNanoseconds, rfc2822 } from "./timestamps.ts";

/** A form's parameters by name. */
export type FormParams = Readonly<Record<string, string>>;

/** One end of a telephone call, as far as Twilio knows it; "" where it does not. */
export interface CallParty {
  /** E.164, or a word like "anonymous". */
  readonly number: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
  readonly country: string;
}

/** What every request of one call tells of it. */
export interface CallFacts {
  readonly accountSid: string;
  readonly callSid: string;
  readonly direction: "inbound" | "outbound-api";
  readonly from: CallParty;
  readonly to: CallParty;
  /** Sent with every request beside the usual ones: ForwardedFrom, CallerName, ParentCallSid, CallToken, whatever Twilio may add. */
  readonly more: FormParams;
}

/** `CallStatus` (https://www.twilio.com/docs/voice/api/call-resource#call-status-values). */
export type CallStatus = "queued" | "initiated" | "ringing" | "in-progress" | "completed" | "busy" | "failed" | "no-answer" | "canceled";

/** A request as it goes over the wire: `url` without userinfo and fragment, header in order. */
export interface WebhookRequest {
  readonly method: "POST" | "GET";
  readonly url: string;
  readonly headers: HttpFields;
  readonly body: string;
}

/** What {@link webhookRequest} makes a request of. */
export interface WebhookOptions {
  /** http or https, absolute; userinfo and fragment are dropped. */
  readonly url: string;
  readonly method: "POST" | "GET";
  readonly params: FormParams;
  /** Undefined: the request bears no signature, which Twilio never does. */
  readonly authToken: string | undefined;
  /** A UUID, equal for retries of one request. */
  readonly idempotencyToken: string;
  /** Undefined: Twilio's own. */
  readonly userAgent?: string | undefined;
  /** `Authorization`, where the server asked for it. */
  readonly authorization?: string | undefined;
  /** The URL that is signed in place of the requested one, but for a GET's parameters: as a server behind a proxy may see it. */
  readonly signs?: string | undefined;
}

/** A number of the range kept for fiction, with what Twilio tells of such. */
export const FICTIONAL_CALLER: CallParty = { number: "+14155550100", city: "SAN FRANCISCO", state: "CA", zip: "94105", country: "US" };
/** The number that the fictional caller dials. */
export const FICTIONAL_LINE: CallParty = { number: "+12125550199", city: "NEW YORK", state: "NY", zip: "10001", country: "US" };

/** The parameters of every request of a call; a few are not documented but on the wire: Called*, Caller*, StirVerstat. */
export function callParams(facts: CallFacts, status: CallStatus): FormParams {
  return {
    AccountSid: facts.accountSid,
    ApiVersion: "2010-04-01",
    CallSid: facts.callSid,
    CallStatus: status,
    Direction: facts.direction,
    ...partyParams("Called", facts.to),
    ...partyParams("Caller", facts.from),
    ...partyParams("From", facts.from),
    ...partyParams("To", facts.to),
    // Attestation B: the carrier knows its customer, not whether the number is his.
    StirVerstat: "TN-Validation-Passed-B",
    ...facts.more,
  };
}

function partyParams(prefix: string, { number, city, state, zip, country }: CallParty): FormParams {
  return {
    [prefix]: number,
    [`${prefix}City`]: city,
    [`${prefix}Country`]: country,
    [`${prefix}State`]: state,
    [`${prefix}Zip`]: zip,
  };
}

/** What a call status callback adds (https://www.twilio.com/docs/voice/api/call-resource#statuscallback). Duration in seconds, undefined before the end. */
export function callStatusParams(sequence: number, atMs: number, durationS: number | undefined): FormParams {
  const progress = { CallbackSource: "call-progress-events", SequenceNumber: String(sequence), Timestamp: rfc2822(atMs) };
  // CallDuration is in seconds, Duration in the minutes that are billed.
  return durationS === undefined ? progress : { ...progress, CallDuration: String(durationS), Duration: String(Math.ceil(durationS / 60)) };
}

/** What a Stream status callback tells (https://www.twilio.com/docs/voice/twiml/stream#statuscallback); `error` only with `stream-error`. */
export interface StreamStatus {
  readonly streamSid: string;
  /** Undefined: Twilio takes the StreamSid for the name. */
  readonly name: string | undefined;
  readonly event: "stream-started" | "stream-stopped" | "stream-error";
  readonly error: string | undefined;
  readonly atMs: number;
}

/** The whole form of a Stream status callback, which bears none of the call's other parameters. */
export function streamStatusParams({ accountSid, callSid }: CallFacts, status: StreamStatus): FormParams {
  return {
    AccountSid: accountSid,
    CallSid: callSid,
    StreamEvent: status.event,
    StreamName: status.name ?? status.streamSid,
    StreamSid: status.streamSid,
    Timestamp: isoNanoseconds(status.atMs),
    ...(status.error === undefined ? {} : { StreamError: status.error }),
  };
}

/** Builds and signs a request. With GET the parameters are in the query, and the signature covers them as part of the URL. */
export function webhookRequest({
  url,
  method,
  params,
  authToken,
  idempotencyToken,
  userAgent,
  signs,
  authorization,
}: WebhookOptions): WebhookRequest {
  const target = new URL(url);
  const sorted = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  const form = new URLSearchParams(sorted).toString();
  const query = method === "GET" ? [target.search.slice(1), form].filter((part) => part !== "").join("&") : target.search.slice(1);
  const requested = `${target.protocol}//${target.host}${target.pathname}${query === "" ? "" : `?${query}`}`;
  const body = method === "POST" ? form : "";
  const content: HttpFields =
    method === "POST"
      ? [
          ["Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"],
          ["Content-Length", String(body.length)],
        ]
      : [];
  const join = signs?.includes("?") === true ? "&" : "?";
  const signedAs = signs === undefined ? signedUrl(requested) : method === "GET" ? `${signs}${join}${form}` : signs;
  const signature: HttpFields =
    authToken === undefined ? [] : [["X-Twilio-Signature", signRequest(authToken, signedAs, method === "POST" ? params : {})]];
  const headers: HttpFields = [
    ["Host", target.host],
    ["User-Agent", userAgent ?? "TwilioProxy/1.1"],
    ["Accept", "*/*"],
    ...content,
    ["I-Twilio-Idempotency-Token", idempotencyToken],
    ["X-Home-Region", "us1"],
    ...signature,
    ...(authorization === undefined ? [] : ([["Authorization", authorization]] as const)),
    ["Connection", "close"],
  ];
  return { method, url: requested, headers, body };
}

/** The URL as a voice webhook signs it: over https without its port, over http with it. */
export function signedUrl(url: string): string {
  return url.replace(/^(https:\/\/(?:\[[^\]]*\]|[^/?:]*)):\d+/i, "$1");
}
