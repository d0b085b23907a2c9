// What an error of Twilio's means and what fixes it, for the log: the codes of fetching and executing TwiML. Those of a stream, 319xx: stream-errors.ts.
// Follows https://www.twilio.com/docs/api/errors, of which each code has a page, .../errors/11200

import { adviseStreamError, type StreamErrorAdvice } from "./stream-errors.ts";

const noAnswer = "check that the server runs, and that the proxy or tunnel of PUBLIC_URL passes port 443 on to it";
const certificate = "serve a certificate of a public authority for the host of PUBLIC_URL, with its intermediates, and renew it in time";
const body = "something between Twilio and this server answers in its place: look at what POST /twilio/voice gives from outside";
const transferTo = "check VOICE_TRANSFER_TO: a number as +15551234567 that this account may dial, or a sip: address";

const advice: Readonly<Record<string, StreamErrorAdvice>> = {
  10002: { cause: "the account is on trial, and what was asked for is not in it", fix: "upgrade the account" },
  10003: { cause: "the account is not active", fix: "see the account in Twilio's console" },
  10004: { cause: "too many calls at once for this account", fix: "approve a customer profile, or ask Twilio for more" },
  11100: { cause: "the URL's format is not valid", fix: "check the number's webhook in Twilio's console, and PUBLIC_URL" },
  11200: { cause: "the webhook was answered with an error, or could not be had", fix: `${noAnswer}; the log's webhook.refused says more` },
  11201: { cause: "the TCP connection timed out", fix: noAnswer },
  11202: { cause: "the TCP connection was refused", fix: noAnswer },
  11203: { cause: "the answer took too long", fix: "give this host more processor time or network; Twilio waits 15 s" },
  11205: { cause: "the connection failed", fix: `${noAnswer}; the host must be a public one` },
  11206: { cause: "the answer was no HTTP", fix: "the address must be https where TLS is spoken, and http where not" },
  11210: { cause: "the host name does not resolve", fix: "check the name in Twilio's console and its DNS entry" },
  11215: { cause: "too many redirects", fix: "put the last address of the chain into Twilio's console" },
  11220: { cause: "the TLS handshake failed", fix: "let the proxy speak TLS 1.2 and 1.3 with common ciphers" },
  11235: { cause: "the certificate is for another name", fix: certificate },
  11236: { cause: "the certificate has expired", fix: certificate },
  11237: { cause: "the certificate leads to no known authority", fix: certificate },
  11750: { cause: "the answer is over 64 kB", fix: body },
  11770: { cause: "the answer is empty", fix: body },
  12100: { cause: "the answer is no XML", fix: body },
  12101: { cause: "the answer's XML version is not taken", fix: body },
  12102: { cause: "the answer's root is not <Response>", fix: body },
  12200: { cause: "the TwiML does not fit Twilio's schema", fix: body },
  12300: { cause: "the answer's Content-Type is not taken", fix: body },
  12400: { cause: "Twilio failed", fix: "see https://status.twilio.com" },
  13201: { cause: "<Dial>: the caller ID is not valid", fix: transferTo },
  13214: { cause: "<Dial>: the caller ID is not valid", fix: transferTo },
  13223: { cause: "<Dial>: the number is not valid", fix: transferTo },
  13224: { cause: "<Dial>: the number cannot be dialled", fix: transferTo },
  13225: { cause: "<Dial>: the number may not be dialled", fix: transferTo },
  13226: { cause: "<Dial>: the country may not be dialled", fix: "allow it in Twilio's console, Voice > Settings > Geo permissions" },
  13227: { cause: "<Dial>: the country may not be dialled", fix: "allow it in Twilio's console, Voice > Settings > Geo permissions" },
};

/** Advice for `ErrorCode` of a fallback request; for one that is not known, where to look it up. */
export function adviseTwilioError(errorCode: string): StreamErrorAdvice & { readonly code: string } {
  const code = /^[0-9]{5}$/.test(errorCode) ? errorCode : "";
  return { ...adviseStreamError(code), code, ...advice[code] };
}

/** Whether the TwiML itself is at fault, or a verb of it: what is answered once more would fail once more. */
export function isDocumentError(code: string): boolean {
  return /^1[23]/.test(code);
}

/** Whether a verb failed; of ours only `<Dial>` can. */
export function isVerbError(code: string): boolean {
  return /^13/.test(code);
}
