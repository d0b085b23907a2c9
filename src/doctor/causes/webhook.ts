// The causes that lie in the webhook and in the TwiML that it answers.
// Follows https://www.twilio.com/docs/api/errors, of which each code has a page, .../errors/11200

import type { Cause } from "./cause.ts";
import { FULL_CHAIN, LINE_DROPS, LISTEN } from "./cause.ts";

/** As it is spoken to callers, word for word, when no TwiML can be had. */
const apology = '"We are sorry, an application error has occurred. Goodbye."';

const webhook = (twilioError: number, why: string, fix: string): Cause => ({
  stage: "webhook",
  twilioError,
  callerHears: apology,
  why,
  fix,
});
const twiml = (twilioError: number | undefined, callerHears: string, why: string, fix: string): Cause => ({
  stage: "twiml",
  twilioError,
  callerHears,
  why,
  fix,
});

/** Of the stages webhook and twiml. */
export const WEBHOOK_CAUSES = {
  "webhook-url": webhook(
    11100,
    "the webhook's URL is no URL that Twilio can request",
    "write it as https://voice.example.com/twilio/voice",
  ),
  "webhook-dns": webhook(11210, "the webhook's host name does not resolve", "correct the name in Twilio's console, or its DNS entry"),
  "webhook-unreachable": webhook(11205, "no connection to the webhook's host could be made", LISTEN),
  "webhook-refused": webhook(11202, "nothing listens at the webhook's address", LISTEN),
  "webhook-timeout": webhook(
    11205,
    "the webhook does not answer within Twilio's 15 seconds",
    "answer at once, and do slow work after the answer",
  ),
  "webhook-connect-timeout": webhook(11201, "nothing answers at the webhook's address", LISTEN),
  "webhook-tls": webhook(11220, "the webhook's TLS cannot be trusted or spoken", FULL_CHAIN),
  "webhook-not-http": webhook(
    11206,
    "what answers at the webhook's address does not speak HTTP",
    "use https where TLS is spoken and http where not, and look at the proxy",
  ),
  "webhook-closed": webhook(
    11200,
    "the webhook's server closes the connection without an answer",
    "look at the server's log: it crashes on the request, or the proxy finds nobody behind it",
  ),
  "webhook-not-found": webhook(
    11200,
    "there is nothing at the webhook's path",
    "correct the path in Twilio's console, and the method: it is POST unless set",
  ),
  "webhook-method": webhook(
    11200,
    "the webhook's path does not take this method",
    "let the route take POST, or set the number's webhook to GET",
  ),
  "webhook-status": webhook(11200, "the webhook answers with an error", "look at the server's log for this request"),
  "webhook-crashed": webhook(
    11200,
    "the webhook's code fails on Twilio's request",
    "look at the server's log for this request: Twilio sends a form (application/x-www-form-urlencoded), not JSON",
  ),
  "webhook-signature-rejected": webhook(
    11200,
    "the webhook refuses Twilio's signature though it was made with the right token, because it checks another URL than Twilio requests",
    "check the signature against the public URL, as Twilio requests it: configure it, or trust the proxy's X-Forwarded-Proto and -Host",
  ),
  "webhook-redirect-loop": webhook(
    11215,
    "the webhook redirects more than 10 times",
    "put the address at which the redirects should end into Twilio's console",
  ),
  "webhook-redirect-private": webhook(
    11205,
    "the webhook redirects to a private address, which Twilio cannot reach",
    "redirect to the public address, or not at all: trust the proxy's X-Forwarded-Host",
  ),
  "webhook-redirect-invalid": webhook(11200, "the webhook redirects to nowhere", "put the final address into Twilio's console"),
  "webhook-content-type": webhook(12300, "the webhook's answer is not called XML", "answer with Content-Type: text/xml"),
  "webhook-empty": webhook(11770, "the webhook's answer is empty", "answer with TwiML: <Response>...</Response>"),
  "webhook-too-big": webhook(11750, "the webhook's answer is over 64 kB", "answer with TwiML, not with a page"),
  "twilio-unreachable": {
    stage: "webhook",
    twilioError: undefined,
    callerHears: "unknown",
    why: "Twilio's API cannot be asked where the number points",
    fix: "check TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and this host's way to api.twilio.com, or give the webhook's URL",
  },
  "number-not-found": webhook(
    21404,
    "the account has no such number",
    "check the number, and that TWILIO_ACCOUNT_SID is the (sub)account that owns it",
  ),
  "number-no-webhook": webhook(
    11100,
    "calls to the number go to no webhook",
    "set the number's \"A call comes in\" to Webhook in Twilio's console",
  ),
  "twiml-malformed": twiml(
    12100,
    apology,
    "the TwiML is not well-formed XML",
    "write TwiML with a library, or escape what goes into it: & is &amp;",
  ),
  "twiml-root": twiml(12102, apology, "the TwiML's root is not <Response>", "put everything into <Response>"),
  "twiml-unknown-verb": twiml(
    12200,
    "nothing of that verb; the line drops",
    "a TwiML verb, noun or attribute is written in another case or not known",
    "write it as the documentation does: <Connect><Stream url=...>",
  ),
  "twiml-no-stream": twiml(
    undefined,
    "what the TwiML says, then the line drops",
    "the TwiML connects the call to no stream",
    'answer with <Connect><Stream url="wss://..."/></Connect>',
  ),
  "twiml-empty": twiml(
    undefined,
    "nothing: the line drops at once",
    "the TwiML has no verb",
    'answer with <Connect><Stream url="wss://..."/></Connect>',
  ),
  "twiml-one-way": twiml(
    undefined,
    "nothing of the agent",
    "the stream is under <Start>: it only listens",
    "use <Connect><Stream> in place of <Start><Stream>",
  ),
  "twiml-conversation-relay": twiml(
    undefined,
    "Twilio's own voice, if the server speaks that protocol",
    "the call goes to ConversationRelay, which is another protocol than Media Streams",
    "use <Connect><Stream> for Media Streams; this doctor tests no ConversationRelay",
  ),
  "twiml-track": twiml(
    31941,
    LINE_DROPS,
    "<Connect><Stream> takes the inbound track only",
    'leave the track attribute away, or write "inbound_track"',
  ),
  "twiml-rejects": twiml(
    undefined,
    "the busy tone, or that the number is not in service",
    "the TwiML rejects or ends the call",
    "answer with <Connect><Stream>",
  ),
  "twiml-audio-file": twiml(
    undefined,
    "a recording, then the line drops",
    "the webhook answers with audio in place of TwiML",
    "answer with TwiML, Content-Type: text/xml",
  ),
  "twiml-plain-text": twiml(
    undefined,
    "the answer read aloud, then the line drops",
    "the webhook answers with text/plain that is no TwiML, which is read aloud",
    "answer with TwiML, Content-Type: text/xml",
  ),
  "twiml-redirect-loop": twiml(
    undefined,
    "silence, until Twilio gives up",
    "the documents redirect to each other for ever",
    "let one of them connect the call",
  ),
} as const satisfies Readonly<Record<string, Cause>>;
