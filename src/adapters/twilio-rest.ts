// The little of Twilio's REST API that voice asks for: the account, a number's settings, and the latest alerts. Only reads. By fetch, for the twilio package's client
// costs 200 ms and 7 MB. Not what the answers mean (check/twilio-account.ts).
// Follows https://www.twilio.com/docs/usage/requests-to-twilio, .../iam/api/account and .../phone-numbers/api/incomingphonenumber-resource

import { Buffer } from "node:buffer";
import type { Clock } from "../call/ports.ts";
import { isObject, type JsonObject, parseJson } from "../protocol/fields.ts";

/** Where the API is, unless told. */
export const TWILIO_API = "https://api.twilio.com";
/** Where alerts are, unless told. */
const MONITOR_API = "https://monitor.twilio.com";
/** For one request. */
export const TWILIO_TIMEOUT_MS = 8_000;
/** Longest answer that is read, characters; an account or a page of numbers has some thousands. */
const MAX_ANSWER_CHARS = 1_000_000;

/** An answer of the API. `message` and `code` are Twilio's own (https://www.twilio.com/docs/api/errors), where it refuses. */
export type TwilioAnswer =
  | { readonly type: "found"; readonly object: JsonObject }
  | { readonly type: "refused"; readonly status: number; readonly code: number | undefined; readonly message: string }
  | { readonly type: "unreachable"; readonly failure: string };

/** Whose account, and how to get there. */
export interface TwilioRestOptions {
  readonly accountSid: string;
  readonly authToken: string;
  readonly clock: Clock;
  /** https://api.twilio.com unless told. */
  readonly baseUrl?: string;
  /** https://monitor.twilio.com unless told. */
  readonly monitorUrl?: string;
}

/** The API as one account sees it. Nothing here throws. */
export interface TwilioRest {
  /** The account: `status`, `type`, `auth_token`, ... */
  account(): Promise<TwilioAnswer>;
  /** A page of the account's numbers that match: `incoming_phone_numbers`. */
  numbers(phoneNumber: string): Promise<TwilioAnswer>;
  /** The latest errors and warnings that Twilio has logged, newest first: `alerts`. */
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
    alerts: () => get(`${monitorUrl}/v1/Alerts?PageSize=50`, authorization, clock),
  };
}

async function get(url: string, authorization: string, clock: Clock): Promise<TwilioAnswer> {
  const late = new AbortController();
  const callOff = clock.after(TWILIO_TIMEOUT_MS, () => late.abort(new Error(`no answer within ${TWILIO_TIMEOUT_MS / 1_000} s`)));
  try {
    // The credentials go to this host only.
    const response = await fetch(url, { headers: { Authorization: authorization }, redirect: "manual", signal: late.signal });
    return readAnswer(response.status, (await response.text()).slice(0, MAX_ANSWER_CHARS));
  } catch (error) {
    const { message, cause } = error as Error;
    return { type: "unreachable", failure: cause instanceof Error ? cause.message : message }; // Deno's message is but "fetch failed"
  } finally {
    callOff();
  }
}

function readAnswer(status: number, text: string): TwilioAnswer {
  const object = parseJson(text);
  if (status === 200 && isObject(object)) return { type: "found", object };
  const { code, message } = isObject(object) ? object : {};
  const words = typeof message === "string" ? message.slice(0, 300) : "no words of Twilio's";
  return { type: "refused", status, code: typeof code === "number" ? code : undefined, message: words };
}
