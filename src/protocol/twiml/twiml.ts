// The TwiML that voice answers with, written by the twilio package, of which only this one file is loaded. Reading it: twiml-reader.ts.
// Follows https://www.twilio.com/docs/voice/twiml, .../twiml/connect, .../twiml/stream, .../twiml/say, .../twiml/dial, .../twiml/reject

import VoiceResponse from "twilio/lib/twiml/VoiceResponse.js";
import type { Bad } from "../bad.ts";

/** Content-Type of TwiML; what Twilio takes for something else is read aloud, or error 12300 (https://www.twilio.com/docs/api/errors/12300). */
export const TWIML_CONTENT_TYPE = "text/xml; charset=utf-8";
/** Longest TwiML that Twilio takes, bytes: 64 kB, over that error 11750 (https://www.twilio.com/docs/api/errors/11750). */
export const MAX_TWIML_BYTES = 65_536;
/** A `<Parameter>`'s name and value together must stay under this many characters (https://www.twilio.com/docs/voice/twiml/stream). */
export const PARAMETER_LIMIT_CHARACTERS = 500;
/** The `<Parameter>` that carries the stream's token; back in `start.customParameters`. */
export const TOKEN_PARAMETER = "token";

/** How long a person's telephone rings, seconds: Twilio's own default, spelled out; it rings for 5 s more (https://www.twilio.com/docs/voice/twiml/dial#timeout). */
export const RING_S = 30;

/** What {@link connectStreamTwiml} connects to, and whom Twilio tells. All URLs absolute. */
export interface ConnectStream {
  /** wss://host/path, without a query: Twilio strips it. */
  readonly streamUrl: string;
  /** Proves at `start` that the webhook was answered by us; undefined: none is sent. */
  readonly token: string | undefined;
  /** More parameters, by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Asked what comes next when the stream is over. */
  readonly actionUrl: string;
  /** Told when the stream starts, stops or fails; undefined: nobody is. */
  readonly statusCallbackUrl: string | undefined;
}

/**
 * Writes the answer that connects the call to a stream: `<Connect>` with its action, and after it `<Redirect>` to the same URL, since
 * it is not documented that Twilio asks the action when the stream never opened. Bad when a parameter is too long or not XML.
 */
export function connectStreamTwiml(connect: ConnectStream): string | Bad {
  const { streamUrl, token, actionUrl, statusCallbackUrl } = connect;
  const parameters = Object.entries({ ...(token === undefined ? {} : { [TOKEN_PARAMETER]: token }), ...connect.parameters });
  for (const [name, value] of parameters) {
    const bad = badParameter(name, value);
    if (bad !== undefined) return bad;
  }
  const response = new VoiceResponse();
  const status = statusCallbackUrl === undefined ? {} : { statusCallback: statusCallbackUrl, statusCallbackMethod: "POST" as const };
  const stream = response.connect({ action: actionUrl, method: "POST" }).stream({ url: streamUrl, ...status });
  for (const [name, value] of parameters) stream.parameter({ name, value });
  response.redirect({ method: "POST" }, actionUrl);
  return response.toString();
}

function badParameter(name: string, value: string): Bad | undefined {
  const length = name.length + value.length;
  if (length >= PARAMETER_LIMIT_CHARACTERS) {
    return { bad: `<Parameter> ${name.slice(0, 40)}: expected under ${PARAMETER_LIMIT_CHARACTERS} characters, got ${length}` };
  }
  return withoutForbidden(name + value) === name + value ? undefined : { bad: "<Parameter>: expected characters of XML, got others" };
}

/** Writes the answer that speaks a sentence by Twilio's own voice in `language` (BCP 47), then hangs up. Never fails. */
export function sayTwiml(sentence: string, language: string): string {
  const response = new VoiceResponse();
  speak(response, sentence, language);
  response.hangup();
  return response.toString();
}

/** Whom {@link transferTwiml} dials, and who is asked what comes next. */
export interface Transfer {
  readonly sentence: string;
  /** BCP 47. */
  readonly language: string;
  /** A number in E.164, or a sip: or sips: URI. */
  readonly target: string;
  /** Asked with DialCallStatus when the person has hung up, or was not to be had; undefined: nobody is, and the call then ends. */
  readonly actionUrl: string | undefined;
}

/** Writes the answer that speaks a sentence, then hands the caller to a person. Never fails. */
export function transferTwiml({ sentence, language, target, actionUrl }: Transfer): string {
  const response = new VoiceResponse();
  speak(response, sentence, language);
  const action = actionUrl === undefined ? {} : { action: actionUrl, method: "POST" as const };
  const dial = response.dial({ ...action, timeout: RING_S });
  if (/^sips?:/i.test(target)) dial.sip(withoutForbidden(target));
  else dial.number(withoutForbidden(target));
  return response.toString();
}

/** Writes the answer that refuses a call unanswered, and so unbilled: as not in service, or as busy. */
export function rejectTwiml(reason: "rejected" | "busy"): string {
  const response = new VoiceResponse();
  response.reject({ reason });
  return response.toString();
}

/** Writes the answer that does nothing: what is left of the call ends. */
export function emptyTwiml(): string {
  return new VoiceResponse().toString();
}

function speak(response: VoiceResponse, sentence: string, language: string): void {
  // The package's union of languages lags behind Twilio's; Twilio itself falls back to a language that it has.
  const spoken = withoutForbidden(language) as NonNullable<VoiceResponse.SayAttributes["language"]>;
  response.say({ language: spoken }, withoutForbidden(sentence));
}

/** Leaves out what no XML 1.0 document may hold (section 2.2): control characters, lone surrogates, U+FFFE and U+FFFF. */
function withoutForbidden(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "");
}
