// Causes in the TwiML.
// Follows https://www.twilio.com/docs/voice/twiml and https://www.twilio.com/docs/api/errors

import { type Cause, LINE_DROPS } from "./cause.ts";

const twiml = (cause: Omit<Cause, "stage"> & Partial<Cause>): Cause => ({ stage: "twiml", ...cause });

const apology = '"We are sorry, an application error has occurred. Goodbye."';
const connectStream = 'answer with <Connect><Stream url="wss://..."/></Connect>';
const sendTwiml = "answer with TwiML and Content-Type: text/xml";

export const TWIML_CAUSES = {
  "twiml-malformed": twiml({
    twilioError: 12100,
    callerHears: apology,
    why: "the TwiML is not well-formed XML",
    fix: "build TwiML with a library, or escape every value: & is &amp;",
  }),
  "twiml-web-page": twiml({
    twilioError: 12100,
    callerHears: apology,
    why: "the webhook answers with a web page instead of TwiML",
    fix: "put the URL of the voice webhook into Twilio's console, with its whole path, and let nothing else answer there",
  }),
  "twiml-encoded-again": twiml({
    twilioError: 12100,
    callerHears: apology,
    why: "the TwiML is encoded once more, so that Twilio does not see XML",
    fix: "send the TwiML itself",
  }),
  "twiml-extra-text": twiml({
    twilioError: 12100,
    callerHears: apology,
    why: "there is text before or after the TwiML",
    fix: "print nothing but the TwiML: no blank lines before <?xml, no warnings (PHP: display_errors=Off), no debug output",
  }),
  "twiml-encoding": twiml({
    twilioError: 12100,
    callerHears: apology,
    why: "the TwiML's bytes are not in the encoding that it declares",
    fix: "send UTF-8, and declare UTF-8 or nothing",
  }),
  "twiml-as-plain-text": twiml({
    harm: "risk",
    twilioError: undefined,
    callerHears: "a conversation, or the TwiML read aloud",
    why: "the TwiML is served as text/plain, which Twilio reads aloud when it cannot parse it",
    fix: sendTwiml,
  }),
  "twiml-root": twiml({
    twilioError: 12102,
    callerHears: apology,
    why: "the TwiML's root is not <Response>",
    fix: "put everything into <Response>",
  }),
  "twiml-unknown-verb": twiml({
    twilioError: 12200,
    callerHears: "nothing from that verb, then the line drops",
    why: "a TwiML verb, noun or attribute is unknown or in the wrong case",
    fix: "spell it as the documentation does: <Connect><Stream url=...>",
  }),
  "twiml-no-stream": twiml({
    twilioError: undefined,
    callerHears: "what the TwiML says, then the line drops",
    why: "the TwiML does not connect the call to a stream",
    fix: connectStream,
  }),
  "twiml-empty": twiml({
    twilioError: undefined,
    callerHears: "nothing: the line drops at once",
    why: "the TwiML has no verb",
    fix: connectStream,
  }),
  "twiml-one-way": twiml({
    twilioError: undefined,
    callerHears: "nothing from the agent",
    why: "the stream is under <Start>, which only listens",
    fix: "use <Connect><Stream> instead of <Start><Stream>",
  }),
  "twiml-conversation-relay": twiml({
    twilioError: undefined,
    callerHears: "Twilio's own voice, if the server speaks that protocol",
    why: "the call goes to ConversationRelay, another protocol than Media Streams",
    fix: "use <Connect><Stream> for Media Streams; the doctor does not test ConversationRelay",
  }),
  "twiml-track": twiml({
    twilioError: 31941,
    callerHears: LINE_DROPS,
    why: "<Connect><Stream> supports only the inbound track",
    fix: 'remove the track attribute, or set it to "inbound_track"',
  }),
  "twiml-rejects": twiml({
    twilioError: undefined,
    callerHears: "a busy tone, or that the number is not in service",
    why: "the TwiML rejects the call",
    fix: connectStream,
  }),
  "twiml-ends-before-stream": twiml({
    twilioError: undefined,
    callerHears: "what the TwiML says, then the line drops",
    why: "a verb before <Connect> hangs up or goes to another document, so the stream is never reached",
    fix: "remove that verb, or put <Connect><Stream> before it",
  }),
  "twiml-holds-before-stream": twiml({
    twilioError: undefined,
    callerHears: "a queue, a recording's beep, another party or silence, and not the agent",
    why: "a verb before <Connect> holds the call",
    fix: "remove that verb, or put <Connect><Stream> before it",
  }),
  "twiml-parameter-too-long": twiml({
    twilioError: undefined,
    harm: "risk",
    callerHears: "a conversation, perhaps without that parameter",
    why: "a <Parameter> is too long: Twilio allows less than 500 characters for name and value together",
    fix: "send a short key, and keep the data on the server under it",
  }),
  "twiml-audio-file": twiml({
    twilioError: undefined,
    callerHears: "a recording, then the line drops",
    why: "the webhook answers with audio instead of TwiML",
    fix: sendTwiml,
  }),
  "twiml-plain-text": twiml({
    twilioError: undefined,
    callerHears: "the answer read aloud, then the line drops",
    why: "the webhook answers with text/plain that is not TwiML, which Twilio reads aloud",
    fix: sendTwiml,
  }),
  "twiml-play-unavailable": twiml({
    twilioError: 11200,
    callerHears: "nothing where the recording belongs",
    why: "Twilio cannot fetch a recording that a <Play> names",
    fix: "let Twilio fetch the recording without a login, as audio/mpeg or audio/wav",
  }),
  "twiml-action-failed": twiml({
    stage: "hangup",
    twilioError: 11200,
    callerHears: `a conversation; when the server ends the stream, ${apology}`,
    why: "the request after the stream, to the action of <Connect>, fails",
    fix: "answer the action's URL with TwiML, if only <Response/>, or remove the action",
  }),
  "twiml-redirect-loop": twiml({
    twilioError: undefined,
    callerHears: "silence, until Twilio gives up",
    why: "the documents redirect to each other endlessly",
    fix: "let one of them connect the call",
  }),
} as const satisfies Readonly<Record<string, Cause>>;
