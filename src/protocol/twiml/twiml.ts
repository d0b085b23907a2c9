// Writes the TwiML that voice answers with, through the twilio package, of which only one file is loaded. Reading
// TwiML: reader.ts. Follows https://www.twilio.com/docs/voice/twiml, .../twiml/connect, .../twiml/stream,
// .../twiml/say, .../twiml/dial, .../twiml/reject

import VoiceResponse from "twilio/lib/twiml/VoiceResponse.js";
import type { Bad } from "../bad.ts";

/** With another Content-Type, Twilio reads the answer aloud or reports https://www.twilio.com/docs/api/errors/12300 */
export const TWIML_CONTENT_TYPE = "text/xml; charset=utf-8";
/** Twilio's limit, 64 kB: https://www.twilio.com/docs/api/errors/11750 */
export const MAX_TWIML_BYTES = 65_536;
/** A `<Parameter>`'s name and value together must be shorter: https://www.twilio.com/docs/voice/twiml/stream */
export const PARAMETER_LIMIT_CHARACTERS = 500;
/** The `<Parameter>` with the stream's token; it comes back in `start.customParameters`. */
export const TOKEN_PARAMETER = "token";

/** How long a transfer rings: Twilio's default, to which it adds 5 s (https://www.twilio.com/docs/voice/twiml/dial#timeout). */
const RING_S = 30;

export interface ConnectStream {
  /** Absolute: wss://host/path. No query: Twilio strips it. */
  readonly streamUrl: string;
  /** Proves at `start` that voice answered the webhook; undefined: not sent. */
  readonly token: string | undefined;
  /** Further parameters, by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Twilio requests it when the stream has ended. May be relative to the URL of the document. */
  readonly actionUrl: string;
  /** Absolute. Receives the stream's start, stop and errors; undefined: not sent. */
  readonly statusCallbackUrl: string | undefined;
}

/**
 * `<Connect>` with its action, followed by `<Redirect>` to the same URL, because Twilio does not document that it
 * requests the action of a stream that never opened. Bad when a parameter is too long or has characters that XML does
 * not allow.
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
  return withoutForbidden(name + value) === name + value
    ? undefined
    : { bad: "<Parameter>: expected characters that XML allows, got others" };
}

/** Speaks a sentence in `language` (BCP 47) with Twilio's voice, then hangs up. */
export function sayTwiml(sentence: string, language: string): string {
  const last = lastSaid;
  if (last?.sentence === sentence && last.language === language) return last.twiml;
  const response = new VoiceResponse();
  speak(response, sentence, language);
  response.hangup();
  const twiml = response.toString();
  lastSaid = { sentence, language, twiml };
  return twiml;
}

/** Writing it costs 0.1 ms, and anyone can send requests that are refused with the same sentence. */
let lastSaid: { readonly sentence: string; readonly language: string; readonly twiml: string } | undefined;

export interface PlainTransfer {
  readonly sentence: string;
  /** BCP 47. */
  readonly language: string;
  /** A number in E.164 format, or a sip: or sips: URI. */
  readonly target: string;
  /** Requested with DialCallStatus when the person has hung up or did not answer; undefined: the call ends then. */
  readonly actionUrl: string | undefined;
}

/** Speaks a sentence, then dials a person. */
export function transferTwiml({ sentence, language, target, actionUrl }: PlainTransfer): string {
  const response = new VoiceResponse();
  speak(response, sentence, language);
  const action = actionUrl === undefined ? {} : { action: actionUrl, method: "POST" as const };
  const dial = response.dial({ ...action, timeout: RING_S });
  if (/^sips?:/i.test(target)) dial.sip(withoutForbidden(target));
  else dial.number(withoutForbidden(target));
  return response.toString();
}

/** Rejects a call without answering it, which is free: "rejected" sounds as not in service, "busy" as a busy tone. */
export function rejectTwiml(reason: "rejected" | "busy"): string {
  const response = new VoiceResponse();
  response.reject({ reason });
  return response.toString();
}

/** Does nothing, so the call ends. */
export function emptyTwiml(): string {
  return new VoiceResponse().toString();
}

/** Adds a sentence to a document, or to a part of it. */
export function speak(response: Pick<VoiceResponse, "say">, sentence: string, language: string): void {
  // The package's type lags behind Twilio's languages; for an unknown one Twilio falls back to a language that it has.
  const spoken = withoutForbidden(language) as NonNullable<VoiceResponse.SayAttributes["language"]>;
  response.say({ language: spoken }, withoutForbidden(sentence));
}

/** Removes characters that XML 1.0 forbids (section 2.2): control characters, lone surrogates, U+FFFE and U+FFFF. */
export function withoutForbidden(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "");
}
