// What a server owes to Twilio's HTTP requests: who is let in, what the TwiML says, what callbacks get. The stream's handshake is handshake.ts.
// Follows https://www.twilio.com/docs/voice/twiml and https://www.twilio.com/docs/usage/security#validating-requests

import { fieldValue } from "../../protocol/http/message.ts";
import type { HttpExchange } from "../../simulators/twilio/telephone/telephone-state.ts";
import { allHold, type Check, verdictOf } from "./check.ts";
import { applicationError, firstExchange, streamOf, type TelephoneEvidence, tellExchange, verbsOf, wordsHeard } from "./evidence.ts";

const security = "https://www.twilio.com/docs/usage/security#validating-requests";
const streamPage = "https://www.twilio.com/docs/voice/twiml/stream";
const connectPage = "https://www.twilio.com/docs/voice/twiml/connect#action";

/** The signed webhook is answered with a stream. */
export const webhookSigned: Check<TelephoneEvidence> = {
  id: "webhook.signed",
  title: "a signed webhook gets a stream",
  requirement: "A webhook that Twilio has signed is answered with status 200 and TwiML that connects the call to a stream.",
  source: "https://www.twilio.com/docs/voice/twiml",
  judge(evidence) {
    const exchange = firstExchange(evidence);
    const type = fieldValue(exchange?.answer?.headers ?? [], "content-type") ?? "";
    const holds = exchange?.answer?.status === 200 && type.startsWith("text/xml") && streamOf(verbsOf(exchange)) !== undefined;
    const ms = (exchange?.answeredAtMs ?? 0) - (exchange?.atMs ?? 0);
    return verdictOf(
      holds,
      "HTTP 200, text/xml, <Connect><Stream>",
      tellExchange(exchange),
      exchange?.answer === undefined ? undefined : ms,
    );
  },
};

/** A stranger gets nothing. */
export const webhookUnsigned: Check<TelephoneEvidence> = {
  id: "webhook.unsigned",
  title: "an unsigned webhook is refused",
  requirement: "A webhook without X-Twilio-Signature is refused, and gets no TwiML.",
  source: security,
  judge(evidence) {
    const exchange = firstExchange(evidence);
    const body = new TextDecoder().decode(exchange?.answer?.body);
    return verdictOf(exchange?.answer?.status === 403 && !body.includes("<Response"), "HTTP 403, no TwiML", tellExchange(exchange));
  },
};

/** A caller whose Twilio signs with another token is told so in words, and gets no way in. */
export const webhookWrongToken: Check<TelephoneEvidence> = {
  id: "webhook.wrong-token",
  title: "a webhook signed with another token hears words, and gets no way in",
  requirement:
    "A signature that does not fit is answered with a spoken sentence, without a stream and without a token; the caller never hears the application error.",
  source: security,
  judge(evidence) {
    const exchange = firstExchange(evidence);
    const names = verbsOf(exchange).map(({ name }) => name);
    const body = new TextDecoder().decode(exchange?.answer?.body);
    return allHold(
      "HTTP 200, <Say><Hangup>, no <Connect>, no <Parameter>",
      `${tellExchange(exchange)}: "${wordsHeard(evidence).join(" ")}"`,
      [exchange?.answer?.status === 200 && names.includes("Say") && names.includes("Hangup"), tellExchange(exchange)],
      [!/<(Connect|Stream|Parameter|Redirect)\b/.test(body), `a way in: ${tellExchange(exchange)}`],
      [applicationError(evidence) === undefined, applicationError(evidence) ?? ""],
    );
  },
};

/** The TwiML is such that Twilio opens the stream, and asks when it is over. */
export const twimlShape: Check<TelephoneEvidence> = {
  id: "twiml.shape",
  title: "the TwiML has all that a stream needs",
  requirement:
    "The stream's URL is absolute, wss (ws only on this machine) and without a query, which Twilio strips; a <Parameter> carries the token; <Connect> has an action, and <Redirect> to the same follows it.",
  source: `${streamPage} and ${connectPage}`,
  judge(evidence) {
    const verbs = verbsOf(firstExchange(evidence));
    const [connect, redirect] = verbs;
    const stream = streamOf(verbs);
    const { url = "" } = stream?.attributes ?? {};
    const action = connect?.attributes["action"] ?? "";
    const token = stream?.children.find(({ name, attributes }) => name === "Parameter" && attributes["name"] === "token");
    return allHold(
      '<Connect action="https://…"><Stream url="wss://…"><Parameter name="token" …></Connect><Redirect>',
      `<Stream url="${url}">, action and <Redirect> to ${action}`,
      [connect?.name === "Connect" && stream !== undefined, tellExchange(firstExchange(evidence))],
      [/^wss?:\/\/[^/?#]+\/[^?#]*$/.test(url), `<Stream url="${url}">`],
      [(token?.attributes["value"] ?? "") !== "", 'no <Parameter name="token">'],
      [/^https?:\/\/[^/?#]+\//.test(action), `<Connect action="${action}">`],
      [
        redirect?.name === "Redirect" && redirect.text === action,
        `behind <Connect>: ${redirect === undefined ? "nothing" : `<${redirect.name}>${redirect.text}`}`,
      ],
    );
  },
};

/** One webhook as it comes through a proxy that ends TLS. */
export interface ProxiedEvidence {
  readonly exchange: HttpExchange;
  /** Host and port, if any, of the address that Twilio requested. */
  readonly host: string;
}

/** Behind a proxy the stream's URL is the public one. */
export const twimlPublic: Check<ProxiedEvidence> = {
  id: "twiml.public",
  title: "behind a proxy the stream's URL is wss and public",
  requirement:
    "Where Twilio requested an https address that a proxy passes on as plain HTTP, the stream's URL is wss at that same address.",
  source: streamPage,
  judge({ exchange, host }) {
    const { url = "none" } = streamOf(verbsOf(exchange))?.attributes ?? {};
    return verdictOf(
      url.startsWith(`wss://${host}/`),
      `<Stream url="wss://${host}/…">`,
      `<Stream url="${url}">, ${tellExchange(exchange)}`,
    );
  },
};

/** Callbacks are heard. */
export const callbacksAnswered: Check<TelephoneEvidence> = {
  id: "callbacks.answered",
  title: "status callbacks are answered",
  requirement: "Each status callback of the call and of its stream is answered with a 2xx: Twilio shows anything else as warning 15003.",
  source: "https://www.twilio.com/docs/api/errors/15003",
  judge({ call }) {
    const callbacks = call.exchanges.filter(({ purpose }) => purpose === "status" || purpose === "streamStatus");
    const answers = callbacks.map(({ purpose, answer }) => `${purpose} ${answer?.status ?? "unanswered"}`).join(", ");
    const fine = callbacks.every(({ answer }) => answer !== undefined && answer.status >= 200 && answer.status <= 299);
    const both = ["status", "streamStatus"].every((purpose) => callbacks.some((one) => one.purpose === purpose));
    return verdictOf(fine && both, "2xx for each, of the call and of the stream", answers === "" ? "no callback was asked for" : answers);
  },
};

/** After a restart a call that goes on is ended with words. */
export const afterUnknownCall: Check<TelephoneEvidence> = {
  id: "after.unknown-call",
  title: "a call from before a restart ends with words",
  requirement: "Asked what comes next for a call that it does not know and that goes on, the server answers with a spoken sentence.",
  source: connectPage,
  judge(evidence) {
    const words = wordsHeard(evidence);
    const error = applicationError(evidence);
    return verdictOf(
      words.length > 0 && error === undefined,
      "a sentence, then the end",
      error ?? (words.length > 0 ? `"${words.join(" ")}"` : "silence, then the end"),
    );
  },
};
