// What Twilio makes of the answer to a webhook, or of a missing answer: a plan to carry out, or a fault with its code
// in Twilio's debugger. The verbs are carried out in telephone/run-verbs.ts. Follows
// https://www.twilio.com/docs/voice/twiml#twilio-understands-mime-types and https://www.twilio.com/docs/api/errors

import type { HttpFields } from "../../protocol/http/message.ts";
import { fieldValue } from "../../protocol/http/message.ts";
import { decodeTwiml } from "../../protocol/twiml/decode-twiml.ts";
import type { TwimlElement } from "../../protocol/twiml/reader.ts";
import { readTwiml } from "../../protocol/twiml/reader.ts";

/** An error or warning as Twilio's debugger shows it. `what` says what happened. */
export interface TwilioFault {
  readonly twilioCode: number;
  readonly what: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: HttpFields;
  readonly body: Uint8Array;
}

/** What Twilio does with an accepted answer. */
export type AnswerPlan =
  | { readonly type: "twiml"; readonly root: TwimlElement }
  /** audio/*: is played, then the call ends. */
  | { readonly type: "audio"; readonly contentType: string }
  /** text/plain that is not TwiML: is read aloud, then the call ends. */
  | { readonly type: "text"; readonly text: string };

/** Why there was no answer. simulators/sockets/raw-connection.ts classifies the errors. */
export type NetworkFailure =
  | "badUrl"
  | "dns"
  | "refused"
  | "unreachable"
  | "connectTimeout"
  | "tls"
  | "certificateName"
  | "certificateExpired"
  | "certificateChain"
  | "readTimeout"
  | "totalTimeout"
  | "closed"
  /** The connection was closed before the body was complete. */
  | "truncated"
  /** A timeout after the head: the end of the body did not come. */
  | "unfinished"
  | "protocol"
  | "tooLarge";

/**
 * The codes of Twilio's HTTP client. A connection closed without an answer has no code of its own; 11200 is the general
 * one.
 */
const httpCodes: Readonly<Record<NetworkFailure, number>> = {
  badUrl: 11100,
  dns: 11210,
  refused: 11202,
  unreachable: 11205,
  connectTimeout: 11201,
  tls: 11220,
  certificateName: 11235,
  certificateExpired: 11236,
  certificateChain: 11237,
  readTimeout: 11205,
  totalTimeout: 11203,
  closed: 11200,
  truncated: 11200,
  unfinished: 11205,
  protocol: 11206,
  tooLarge: 11750,
};

/** The codes of Twilio's WebSocket client (https://www.twilio.com/docs/api/errors, 319xx). */
const socketCodes: Readonly<Record<NetworkFailure, number>> = {
  badUrl: 31923,
  dns: 31904,
  refused: 31902,
  unreachable: 31904,
  connectTimeout: 31901,
  tls: 31910,
  certificateName: 31910,
  certificateExpired: 31910,
  certificateChain: 31910,
  readTimeout: 31901,
  totalTimeout: 31901,
  closed: 31920,
  truncated: 31920,
  unfinished: 31920,
  protocol: 31920,
  tooLarge: 31920,
};

/** What Twilio's HTTP client would report. `detail` is for readers. */
export function httpFault(failure: NetworkFailure, detail: string): TwilioFault {
  return { twilioCode: httpCodes[failure], what: `${failure}: ${detail}` };
}

/** What the Media Streams client would report about a connection that never opened. */
export function socketFault(failure: NetworkFailure, detail: string): TwilioFault {
  return { twilioCode: socketCodes[failure], what: `${failure}: ${detail}` };
}

const twimlTypes = ["text/xml", "application/xml", "text/html"];

/** Reads the answer to a document request, after all redirects. `url` is only used in the fault's text. */
export function readWebhookAnswer({ status, headers, body }: HttpAnswer, url: string): AnswerPlan | TwilioFault {
  if (status < 200 || status > 299) return { twilioCode: 11200, what: `Got HTTP ${status} response to ${url}` };
  if (body.length === 0) return { twilioCode: 11770, what: `empty body, HTTP ${status}` };
  const typeField = fieldValue(headers, "content-type");
  const contentType = typeField?.split(";")[0]?.trim().toLowerCase();
  if (contentType === undefined) return { twilioCode: 12300, what: "no Content-Type" };
  if (contentType.startsWith("audio/")) return { type: "audio", contentType };
  const isPlain = contentType === "text/plain";
  if (!isPlain && !twimlTypes.includes(contentType)) return { twilioCode: 12300, what: `Content-Type ${contentType}` };
  const decoded = decodeTwiml(body, typeField);
  if ("bad" in decoded) return { twilioCode: 12100, what: decoded.bad };
  const { text } = decoded;
  const root = readTwiml(text);
  if (!("bad" in root)) return { type: "twiml", root };
  if (isPlain && root.twilioCode !== 11750) return { type: "text", text };
  return { twilioCode: root.twilioCode, what: `${root.bad}, line ${root.line}, column ${root.column}` };
}
