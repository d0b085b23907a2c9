// The part of Twilio's REST API that voice reads: the account, a number's settings, and the latest alerts. It uses
// fetch, because the twilio package's client costs 200 ms and 7 MB. What the answers mean: check/twilio-account.ts.
// Follows https://www.twilio.com/docs/usage/requests-to-twilio, .../iam/api/account and
// .../phone-numbers/api/incomingphonenumber-resource

import { Buffer } from "node:buffer";
import type { Clock } from "../call/ports.ts";
import { isObject, type JsonObject, parseJson } from "../protocol/fields.ts";
import { boundedBody } from "../protocol/http/bounded-body.ts";

export const TWILIO_API = "https://api.twilio.com";
const MONITOR_API = "https://monitor.twilio.com";
export const TWILIO_TIMEOUT_MS = 8_000;
/** An account or a page of numbers has some thousands. */
const MAX_ANSWER_BYTES = 1_000_000;

/** A refusal has Twilio's own `message` and `code`: https://www.twilio.com/docs/api/errors */
export type TwilioAnswer =
  | { readonly type: "found"; readonly object: JsonObject }
  | { readonly type: "refused"; readonly status: number; readonly code: number | undefined; readonly message: string }
  | { readonly type: "unreachable"; readonly failure: string };

export interface TwilioRestOptions {
  readonly accountSid: string;
  readonly authToken: string;
  readonly clock: Clock;
  /** Default: {@link TWILIO_API}. */
  readonly baseUrl?: string;
  /** Default: https://monitor.twilio.com */
  readonly monitorUrl?: string;
}

/** The API for one account. Its methods never reject. */
export interface TwilioRest {
  /** The account: `status`, `type`, `auth_token`, ... */
  account(): Promise<TwilioAnswer>;
  /** The first page of the account's matching numbers: `incoming_phone_numbers`. */
  numbers(phoneNumber: string): Promise<TwilioAnswer>;
  /** A call: `status`, `duration`, ... https://www.twilio.com/docs/voice/api/call-resource */
  call(callSid: string): Promise<TwilioAnswer>;
  /** The latest errors and warnings in Twilio's log, newest first: `alerts`. */
  alerts(): Promise<TwilioAnswer>;
}

export function twilioRest({
  accountSid,
  authToken,
  clock,
  baseUrl = TWILIO_API,
  monitorUrl = MONITOR_API,
}: TwilioRestOptions): TwilioRest {
  const account = `${baseUrl}/2010-04-01/Accounts/${accountSid}`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}`;
  return {
    account: () => get(`${account}.json`, authorization, clock),
    numbers: (phoneNumber) =>
      get(`${account}/IncomingPhoneNumbers.json?${new URLSearchParams({ PhoneNumber: phoneNumber })}`, authorization, clock),
    call: (callSid) => get(`${account}/Calls/${callSid}.json`, authorization, clock),
    alerts: () => get(`${monitorUrl}/v1/Alerts?PageSize=50`, authorization, clock),
  };
}

async function get(url: string, authorization: string, clock: Clock): Promise<TwilioAnswer> {
  const timeout = new AbortController();
  const cancelTimeout = clock.after(TWILIO_TIMEOUT_MS, () => timeout.abort(new Error(`no answer within ${TWILIO_TIMEOUT_MS / 1_000} s`)));
  try {
    // No redirects: the credentials are for this host only.
    const response = await fetch(url, { headers: { Authorization: authorization }, redirect: "manual", signal: timeout.signal });
    const text = await new Response(boundedBody(response.body, MAX_ANSWER_BYTES)).text();
    return readAnswer(response.status, text);
  } catch (error) {
    const { message, cause } = error as Error;
    return { type: "unreachable", failure: cause instanceof Error ? cause.message : message }; // Deno's message is only "fetch failed"
  } finally {
    cancelTimeout();
  }
}

function readAnswer(status: number, text: string): TwilioAnswer {
  const object = parseJson(text);
  if (status === 200 && isObject(object)) return { type: "found", object };
  const { code, message } = isObject(object) ? object : {};
  const reason = typeof message === "string" ? message.slice(0, 300) : "no message";
  return { type: "refused", status, code: typeof code === "number" ? code : undefined, message: reason };
}
