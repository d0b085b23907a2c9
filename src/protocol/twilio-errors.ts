// The Twilio errors that can end a call served over Media Streams: what each code means, and the fix that holds for any
// server. The doctor's causes (doctor/causes/) are narrower than a code and have fixes of their own. Follows the page
// of each code: https://www.twilio.com/docs/api/errors/11200

/** Where an error arises; the first digits of its code say which. */
export type TwilioErrorGroup =
  /** Account, number or REST API. */
  | "account"
  /** An HTTP request of Twilio's: the webhook, an action, a callback. */
  | "webhook"
  /** The TwiML document as a whole. */
  | "document"
  /** One verb of the TwiML. */
  | "verb"
  /** The Media Stream. */
  | "stream";

export interface TwilioErrorAdvice {
  readonly meaning: string;
  readonly fix: string;
}

export interface TwilioError extends TwilioErrorAdvice {
  /** Five digits, or "" where Twilio gave no code. */
  readonly code: string;
  /** Undefined where there is no code, or one of an unrelated product. */
  readonly group: TwilioErrorGroup | undefined;
  /** Twilio's page about the code. */
  readonly docs: string;
}

/** The fix for a certificate that Twilio does not accept. */
export const CERTIFICATE_FIX =
  "serve a certificate from a public CA for this host, with its intermediates (fullchain.pem), and renew it in time";
/** The fix for an address where nothing answers. */
export const LISTEN_FIX = "start the server, and make the proxy, tunnel or firewall forward port 443 to it";

const returnTwiml =
  "return TwiML as text/xml; if the server does, a proxy in front of it answers instead: compare with what POST /twilio/voice returns from outside";
const transferTarget = "dial a number such as +15551234567 that the account may call, or a sip: address (voice: VOICE_TRANSFER_TO)";
const geoPermissions = "allow the country in Twilio's console: Voice > Settings > Geo permissions";
const sendTextFrames =
  "send text frames that hold JSON with exactly the documented fields; if voice sent it, report a bug with the call's log";

/** Every code that src mentions, and those that Twilio can report for such a call. */
export const twilioErrors: Readonly<Record<string, TwilioErrorAdvice>> = {
  10002: { meaning: "the feature is not available on a trial account", fix: "upgrade the account" },
  10003: { meaning: "the account is not active", fix: "check the account's status in Twilio's console" },
  10004: {
    meaning: "the account reached its limit of concurrent calls",
    fix: "get a business profile approved in Twilio's console, or ask Twilio for a higher limit",
  },
  11100: { meaning: "the URL is not valid", fix: "correct the number's webhook in Twilio's console (voice: and PUBLIC_URL)" },
  11200: {
    meaning: "the webhook could not be reached or answered with an HTTP error",
    fix: `${LISTEN_FIX}; then look at the server's log for the request (voice: webhook.rejected)`,
  },
  11201: { meaning: "the TCP connection to the webhook timed out", fix: LISTEN_FIX },
  11202: { meaning: "the webhook's host refused the TCP connection", fix: LISTEN_FIX },
  11203: {
    meaning: "the webhook took longer than Twilio's 15 s",
    fix: "answer at once and do slow work afterwards; check the host's CPU and network",
  },
  11205: { meaning: "the connection to the webhook failed", fix: `use a public host name; ${LISTEN_FIX}` },
  11206: {
    meaning: "the webhook's answer was not an HTTP response",
    fix: "use https where the port speaks TLS, and http where it does not",
  },
  11210: { meaning: "the webhook's host name does not resolve", fix: "correct the name in Twilio's console, or its DNS record" },
  11215: { meaning: "the webhook redirected more than 10 times", fix: "enter the final URL in Twilio's console" },
  11220: { meaning: "the TLS handshake with the webhook failed", fix: "make the proxy offer TLS 1.2 or 1.3 with common ciphers" },
  11235: { meaning: "the webhook's certificate is for another host name", fix: CERTIFICATE_FIX },
  11236: { meaning: "the webhook's certificate has expired", fix: CERTIFICATE_FIX },
  11237: { meaning: "the webhook's certificate does not lead to a CA that Twilio trusts", fix: CERTIFICATE_FIX },
  11750: { meaning: "the TwiML is larger than 64 kB", fix: returnTwiml },
  11770: { meaning: "the response body is empty", fix: returnTwiml },
  12100: { meaning: "the TwiML is not well-formed XML", fix: returnTwiml },
  12101: { meaning: "the TwiML is not XML 1.0", fix: returnTwiml },
  12102: { meaning: "the TwiML's root element is not <Response>", fix: returnTwiml },
  12200: { meaning: "the TwiML does not match Twilio's schema", fix: returnTwiml },
  12300: { meaning: "the Content-Type is not one that Twilio accepts as TwiML", fix: returnTwiml },
  12400: { meaning: "an internal error at Twilio", fix: "see https://status.twilio.com" },
  13201: { meaning: "<Dial>: not allowed on a call leg that was itself dialled", fix: "dial from the caller's leg" },
  13214: { meaning: "<Dial>: the caller ID is not valid", fix: "use a number that the account owns or has verified as callerId" },
  13223: { meaning: "<Dial>: the number is not in a valid format", fix: transferTarget },
  13224: { meaning: "<Dial>: Twilio cannot call this number, or it does not exist", fix: transferTarget },
  13225: { meaning: "<Dial>: calls to this number are forbidden", fix: transferTarget },
  13226: { meaning: "<Dial>: the number's country code does not exist", fix: transferTarget },
  13227: { meaning: "<Dial>: the account may not call this country", fix: geoPermissions },
  15003: {
    meaning: "a status callback was not answered with a 2xx (a warning; callers do not notice)",
    fix: "answer status callbacks with 204",
  },
  31900: { meaning: "the stream failed for an unknown reason", fix: "look at the server's log of this call" },
  31901: { meaning: "the connection to the stream's URL timed out", fix: LISTEN_FIX },
  31902: {
    meaning: "the stream's host refused the connection",
    fix: "make the proxy or tunnel listen on the URL's port and forward it to the server (voice: the port of PUBLIC_URL)",
  },
  31903: {
    meaning: "the stream's connection broke without a WebSocket close",
    fix: "look for a crash, a restart, or an idle timeout of the proxy or load balancer (raise it above 60 s)",
  },
  31904: {
    meaning: "the stream's host could not be reached",
    fix: "use a public host name that resolves, not a private address (voice: in PUBLIC_URL)",
  },
  31910: { meaning: "the TLS handshake with the stream's host failed", fix: CERTIFICATE_FIX },
  31920: {
    meaning: "the response to the WebSocket handshake was not 101",
    fix: "make the proxy pass WebSocket upgrades over HTTP/1.1, without a redirect or login (voice: on /twilio/realtime)",
  },
  31921: {
    meaning: "the server closed the stream",
    fix: "look at the server's log of this call; if the server meant to end the call, nothing is wrong",
  },
  31922: { meaning: "the stream's URL is not wss://", fix: "use a wss:// URL (voice: set PUBLIC_URL to the https URL that Twilio calls)" },
  31923: { meaning: "the stream's URL is malformed", fix: "correct the url of <Stream> (voice: PUBLIC_URL)" },
  31924: {
    meaning: "a WebSocket frame broke the protocol",
    fix: "turn off whatever alters frames between Twilio and the server: compression, inspection, re-framing",
  },
  31930: { meaning: "the server read audio too slowly, and Twilio discarded some", fix: "give the host more CPU or network" },
  31931: { meaning: "more than 10 minutes of audio was waiting to be played, and Twilio discarded the rest", fix: "send shorter replies" },
  31941: { meaning: "the stream's track is not valid", fix: "remove the track attribute: <Connect><Stream> supports only inbound_track" },
  31950: { meaning: "a message to Twilio was malformed", fix: sendTextFrames },
  31951: { meaning: "Twilio did not understand a message", fix: sendTextFrames },
};

const groups: readonly (readonly [prefix: RegExp, group: TwilioErrorGroup])[] = [
  [/^(10|2[01])/, "account"],
  [/^1[15]/, "webhook"],
  [/^12/, "document"],
  [/^13/, "verb"],
  [/^319/, "stream"],
];

/** The titles of the stream's errors, where a code is missing: "Stream - WebSocket - Handshake Error". */
const titles: readonly (readonly [title: RegExp, code: string])[] = [
  [/\b(ssl|tls)\b/i, "31910"],
  [/handshake/i, "31920"],
  [/time(d )?-?out/i, "31901"],
  [/refused/i, "31902"],
  [/broken pipe/i, "31903"],
  [/unreachable/i, "31904"],
  [/close error/i, "31921"],
  [/sche(ma|me) not supported/i, "31922"],
  [/malformed url/i, "31923"],
  [/buffer overflow/i, "31930"],
  [/media discarded/i, "31931"],
  [/\btrack\b/i, "31941"],
  [/malformed message/i, "31950"],
  [/invalid message/i, "31951"],
  [/protocol error/i, "31924"],
  [/unknown error/i, "31900"],
];

/** Twilio's page about a code; of "", the list of all codes. */
export function twilioErrorUrl(code: string | number): string {
  return `https://www.twilio.com/docs/api/errors${code === "" ? "" : `/${code}`}`;
}

/**
 * Describes an error as Twilio reports it: `ErrorCode` of a fallback request, `StreamError` of a stream's status
 * callback, `error_code` of an alert. The code may stand alone or in text, or be missing where a stream's error is in
 * words: "31920", "31920 WebSocket - Handshake Error", "Stream - WebSocket - Handshake Error". Never throws.
 */
export function describeTwilioError(text: string): TwilioError {
  const title = (): string | undefined => titles.find(([pattern]) => pattern.test(text))?.[1];
  const code = /(?<![\w:])[1-6]\d{4}(?!\w)/.exec(text)?.[0] ?? title() ?? "";
  const docs = twilioErrorUrl(code);
  const group = groups.find(([prefix]) => prefix.test(code))?.[1];
  const unknown: TwilioErrorAdvice =
    code === ""
      ? { meaning: "Twilio gave no error code", fix: "see the call in Twilio's console: Monitor > Logs > Errors" }
      : { meaning: "voice has no advice about this code", fix: `see ${docs}` };
  return { code, group, docs, ...(twilioErrors[code] ?? unknown) };
}
