// Twilio's HTTP requests: which are accepted, what the TwiML says, how callbacks are answered. The stream's handshake
// is in handshake.ts. Follows https://www.twilio.com/docs/voice/twiml and
// https://www.twilio.com/docs/usage/security#validating-requests

import { fieldValue } from "../../protocol/http/message.ts";
import { twilioErrorUrl } from "../../protocol/twilio-errors.ts";
import type { HttpExchange } from "../../simulators/twilio/telephone/telephone-state.ts";
import { applicationError, describeExchange, firstExchange, messagesHeard, streamOf, type TelephoneEvidence, verbsOf } from "./evidence.ts";
import { allHold, judgementOf, type SelftestCheck } from "./judgement.ts";

const security = "https://www.twilio.com/docs/usage/security#validating-requests";
const streamPage = "https://www.twilio.com/docs/voice/twiml/stream";
const connectPage = "https://www.twilio.com/docs/voice/twiml/connect#action";

export const webhookSigned: SelftestCheck<TelephoneEvidence> = {
  id: "webhook.signed",
  stage: "webhook",
  level: "error",
  requirement: "A signed webhook is answered with HTTP 200 and TwiML that connects a stream.",
  source: "https://www.twilio.com/docs/voice/twiml",
  judge(evidence) {
    const exchange = firstExchange(evidence);
    const type = fieldValue(exchange?.answer?.headers ?? [], "content-type") ?? "";
    const holds = exchange?.answer?.status === 200 && type.startsWith("text/xml") && streamOf(verbsOf(exchange)) !== undefined;
    const ms = (exchange?.answeredAtMs ?? 0) - (exchange?.atMs ?? 0);
    return judgementOf(
      holds,
      "HTTP 200, text/xml, <Connect><Stream>",
      describeExchange(exchange),
      exchange?.answer === undefined ? undefined : ms,
    );
  },
};

export const webhookUnsigned: SelftestCheck<TelephoneEvidence> = {
  id: "webhook.unsigned",
  stage: "webhook",
  level: "error",
  requirement: "A webhook without X-Twilio-Signature is refused and gets no TwiML.",
  source: security,
  judge(evidence) {
    const exchange = firstExchange(evidence);
    const body = new TextDecoder().decode(exchange?.answer?.body);
    return judgementOf(exchange?.answer?.status === 403 && !body.includes("<Response"), "HTTP 403, no TwiML", describeExchange(exchange));
  },
};

export const webhookWrongToken: SelftestCheck<TelephoneEvidence> = {
  id: "webhook.wrong-token",
  stage: "webhook",
  level: "error",
  requirement: "A webhook signed with another token gets a spoken message, but no stream and no stream token.",
  source: security,
  judge(evidence) {
    const exchange = firstExchange(evidence);
    const names = verbsOf(exchange).map(({ name }) => name);
    const body = new TextDecoder().decode(exchange?.answer?.body);
    return allHold(
      "HTTP 200, <Say><Hangup>, no <Connect>, no <Parameter>",
      `${describeExchange(exchange)}: "${messagesHeard(evidence).join(" ")}"`,
      [exchange?.answer?.status === 200 && names.includes("Say") && names.includes("Hangup"), describeExchange(exchange)],
      [!/<(Connect|Stream|Parameter|Redirect)\b/.test(body), `the call can go on: ${describeExchange(exchange)}`],
      [applicationError(evidence) === undefined, applicationError(evidence) ?? ""],
    );
  },
};

export const twimlShape: SelftestCheck<TelephoneEvidence> = {
  id: "twiml.shape",
  stage: "twiml",
  level: "error",
  requirement: "The stream URL is absolute and has no query, a <Parameter> has the token, <Connect> has a relative action.",
  source: `${streamPage} and ${connectPage}`,
  judge(evidence) {
    const verbs = verbsOf(firstExchange(evidence));
    const [connect, redirect] = verbs;
    const stream = streamOf(verbs);
    const { url = "" } = stream?.attributes ?? {};
    const action = connect?.attributes["action"] ?? "";
    const token = stream?.children.find(({ name, attributes }) => name === "Parameter" && attributes["name"] === "token");
    return allHold(
      '<Connect action="after"><Stream url="wss://…"><Parameter name="token" …></Connect><Redirect>',
      `<Stream url="${url}">, action and <Redirect> to ${action}`,
      [connect?.name === "Connect" && stream !== undefined, describeExchange(firstExchange(evidence))],
      [/^wss?:\/\/[^/?#]+\/[^?#]*$/.test(url), `<Stream url="${url}">`],
      [(token?.attributes["value"] ?? "") !== "", 'no <Parameter name="token">'],
      // Relative: it follows the request, whatever host and port a proxy shows the server.
      [action !== "" && !/^(\w+:|\/\/)/.test(action), `<Connect action="${action}">`],
      [
        redirect?.name === "Redirect" && redirect.text === action,
        `after <Connect>: ${redirect === undefined ? "nothing" : `<${redirect.name}>${redirect.text}`}`,
      ],
    );
  },
};

export interface ProxiedEvidence {
  readonly exchange: HttpExchange;
  /** Host, and port if any, of the URL that Twilio requested. */
  readonly host: string;
}

export const twimlPublic: SelftestCheck<ProxiedEvidence> = {
  id: "twiml.public",
  stage: "twiml",
  level: "error",
  requirement: "Behind a proxy that ends TLS, the stream URL is wss at the public host.",
  source: streamPage,
  judge({ exchange, host }) {
    const { url = "none" } = streamOf(verbsOf(exchange))?.attributes ?? {};
    return judgementOf(
      url.startsWith(`wss://${host}/`),
      `<Stream url="wss://${host}/…">`,
      `<Stream url="${url}">, ${describeExchange(exchange)}`,
    );
  },
};

export const callbacksAnswered: SelftestCheck<TelephoneEvidence> = {
  id: "callbacks.answered",
  stage: "webhook",
  level: "error",
  requirement: "Every status callback, of the call and of the stream, is answered with a 2xx.",
  source: twilioErrorUrl(15003),
  judge({ call }) {
    const callbacks = call.exchanges.filter(({ purpose }) => purpose === "status" || purpose === "streamStatus");
    const answers = callbacks.map(({ purpose, answer }) => `${purpose} ${answer?.status ?? "unanswered"}`).join(", ");
    const fine = callbacks.every(({ answer }) => answer !== undefined && answer.status >= 200 && answer.status <= 299);
    const both = ["status", "streamStatus"].every((purpose) => callbacks.some((one) => one.purpose === purpose));
    return judgementOf(
      fine && both,
      "2xx for the callbacks of the call and of the stream",
      answers === "" ? "no callback was sent" : answers,
    );
  },
};

export const afterUnknownCall: SelftestCheck<TelephoneEvidence> = {
  id: "after.unknown-call",
  stage: "hangup",
  level: "error",
  requirement: "A call from before a restart ends with a spoken message, not with silence.",
  source: connectPage,
  judge(evidence) {
    const messages = messagesHeard(evidence);
    const error = applicationError(evidence);
    return judgementOf(
      messages.length > 0 && error === undefined,
      "a message, then the end of the call",
      error ?? (messages.length > 0 ? `"${messages.join(" ")}"` : "silence, then the end of the call"),
    );
  },
};
