// Builds the HTTP requests that Twilio makes for a call (voice webhook, action, fallback, callbacks), byte for byte.
// simulators/sockets sends them; webhook-answer.ts reads the answers.
// Follows https://www.twilio.com/docs/voice/twiml#request-parameters and
// https://www.twilio.com/docs/usage/security#validating-requests

import type { HttpFields } from "../../protocol/http/message.ts";
import { signRequest } from "../../protocol/signature.ts";
import { isoNanoseconds, rfc2822 } from "./timestamps.ts";

export type FormParams = Readonly<Record<string, string>>;

/** One end of a telephone call as Twilio knows it. Unknown fields are "". */
export interface CallParty {
  /** E.164, or a word like "anonymous". */
  readonly number: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
  readonly country: string;
}

/** What every request of one call says about it. */
export interface CallFacts {
  readonly accountSid: string;
  readonly callSid: string;
  readonly direction: "inbound" | "outbound-api" | "outbound-dial";
  readonly from: CallParty;
  readonly to: CallParty;
  /** Additional parameters of every request: ForwardedFrom, CallerName, ParentCallSid, CallToken. */
  readonly more: FormParams;
}

/** `CallStatus` (https://www.twilio.com/docs/voice/api/call-resource#call-status-values). */
export type CallStatus = "queued" | "initiated" | "ringing" | "in-progress" | "completed" | "busy" | "failed" | "no-answer" | "canceled";

/** A request as sent: `url` without userinfo and fragment, headers in order. */
export interface WebhookRequest {
  readonly method: "POST" | "GET";
  readonly url: string;
  readonly headers: HttpFields;
  readonly body: string;
}

export interface WebhookOptions {
  /** http or https, absolute. Userinfo and fragment are dropped. */
  readonly url: string;
  readonly method: "POST" | "GET";
  readonly params: FormParams;
  /** Undefined: the request is not signed, which Twilio never does. */
  readonly authToken: string | undefined;
  /** A UUID, the same for all retries of one request. */
  readonly idempotencyToken: string;
  /** Default: Twilio's. */
  readonly userAgent?: string | undefined;
  /** The `Authorization` header, if the server asked for it. */
  readonly authorization?: string | undefined;
  /**
   * A URL to sign instead of the requested one, as a server behind a proxy may see it. A GET's parameters are appended.
   */
  readonly signs?: string | undefined;
}

/** A number from the range reserved for fiction, with the location that Twilio reports for it. */
export const FICTIONAL_CALLER: CallParty = { number: "+14155550100", city: "SAN FRANCISCO", state: "CA", zip: "94105", country: "US" };
/** The number that {@link FICTIONAL_CALLER} dials. */
export const FICTIONAL_LINE: CallParty = { number: "+12125550199", city: "NEW YORK", state: "NY", zip: "10001", country: "US" };

/** The parameters of every request of a call. Called*, Caller* and StirVerstat are sent but not documented. */
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
    // Attestation B: the carrier knows the customer, but not whether the customer may use the number.
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

/**
 * The parameters that a call status callback adds. `durationS` is undefined before the end of the call.
 * https://www.twilio.com/docs/voice/api/call-resource#statuscallback
 */
export function callStatusParams(sequence: number, atMs: number, durationS: number | undefined): FormParams {
  const progress = { CallbackSource: "call-progress-events", SequenceNumber: String(sequence), Timestamp: rfc2822(atMs) };
  // CallDuration is in seconds, Duration in billed minutes.
  return durationS === undefined ? progress : { ...progress, CallDuration: String(durationS), Duration: String(Math.ceil(durationS / 60)) };
}

/**
 * A Stream status callback (https://www.twilio.com/docs/voice/twiml/stream#statuscallback). `error` comes with
 * `stream-error` only.
 */
export interface StreamStatus {
  readonly streamSid: string;
  /** Undefined: Twilio uses the StreamSid. */
  readonly name: string | undefined;
  readonly event: "stream-started" | "stream-stopped" | "stream-error";
  readonly error: string | undefined;
  readonly atMs: number;
}

/** The whole form of a Stream status callback. It has none of the call's other parameters. */
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

/** Builds and signs a request. With GET, the parameters are in the query and signed as part of the URL. */
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

/** The URL as Twilio signs it for a voice webhook: https URLs lose their port, http URLs keep it. */
export function signedUrl(url: string): string {
  return url.replace(/^(https:\/\/(?:\[[^\]]*\]|[^/?:]*)):\d+/i, "$1");
}
