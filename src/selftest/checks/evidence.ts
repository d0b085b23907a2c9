// The evidence that the checks judge: a call as the telephone and the model saw it, and the questions that several
// checks ask about it. No judgements here.

import { joinBytes } from "../../protocol/bytes.ts";
import { fieldValue } from "../../protocol/http/message.ts";
import type { TwimlElement } from "../../protocol/twiml/reader.ts";
import { decodeBase64 } from "../../simulators/openai/decode-base64.ts";
import { playedBytes } from "../../simulators/twilio/heard-audio.ts";
import type { HttpExchange, StreamLog, TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";

/** `atMs`: when it was sent or received, epoch ms. */
export interface Frame {
  readonly atMs: number;
  readonly text: string;
}

/** One connection to the model, as the model saw it. */
export interface SessionEvidence {
  /** What the server sent, in order of arrival. */
  readonly received: readonly Frame[];
  /** What the server received. */
  readonly delivered: readonly Frame[];
}

/** What the server recorded of a call at its end. */
export interface RecordEvidence {
  /** `heardMs`: audio that the caller heard, as far as the server knows. */
  readonly counts: { readonly heardMs: number };
}

/** A call as both sides saw it, and what each side said. */
export interface CallEvidence {
  readonly call: TelephoneCall;
  readonly sessions: readonly SessionEvidence[];
  readonly records: readonly RecordEvidence[];
  /** What the caller said, PCMU, if from the first frame on; otherwise empty. */
  readonly said: Uint8Array;
  /** What the model says, PCMU, one per response. */
  readonly replies: readonly Uint8Array[];
}

export type TelephoneEvidence = Pick<CallEvidence, "call">;

/** The voice webhook's. */
export function firstExchange({ call }: TelephoneEvidence): HttpExchange | undefined {
  return call.exchanges.find(({ purpose }) => purpose === "voice");
}

/** "HTTP 200, text/xml, <Connect><Redirect>" */
export function describeExchange(exchange: HttpExchange | undefined): string {
  if (exchange === undefined) return "no request was made";
  if (exchange.failure !== undefined) return `${exchange.failure.kind}: ${exchange.failure.detail}`;
  if (exchange.answer === undefined) return "no answer";
  const type = fieldValue(exchange.answer.headers, "content-type") ?? "no Content-Type";
  const verbs = verbsOf(exchange).map(({ name }) => `<${name}>`);
  return [`HTTP ${exchange.answer.status}`, type, ...(verbs.length === 0 ? [] : [verbs.join("")])].join(", ");
}

/** Empty when the answer was not TwiML. */
export function verbsOf(exchange: HttpExchange | undefined): readonly TwimlElement[] {
  return exchange?.plan?.type === "twiml" ? exchange.plan.root.children : [];
}

/** The `<Stream>` in a `<Connect>` of these verbs. */
export function streamOf(verbs: readonly TwimlElement[]): TwimlElement | undefined {
  return verbs.find(({ name }) => name === "Connect")?.children.find(({ name }) => name === "Stream");
}

/** What Twilio's own voice said to the caller, as <Say> makes it. */
export function messagesHeard({ call }: TelephoneEvidence): readonly string[] {
  return call.line.flatMap((event) => (event.kind === "say" ? [event.text] : []));
}

/** Undefined unless the caller heard Twilio's application error. */
export function applicationError({ call }: TelephoneEvidence): string | undefined {
  const heard = call.line.find((event) => event.kind === "applicationError");
  return heard?.kind === "applicationError" ? `the application error, ${heard.twilioCode}` : undefined;
}

export function describeStream(stream: StreamLog | undefined): string {
  if (stream === undefined) return "no stream was opened";
  const { end, openedAtMs } = stream;
  if (openedAtMs === undefined)
    return `the handshake failed: ${stream.answer === undefined ? "no answer" : `HTTP ${stream.answer.head.status}`}`;
  return end === undefined
    ? "the stream is open"
    : `the stream was ended by the ${end.by}, code ${end.code}${end.reason === "" ? "" : ` "${end.reason}"`}`;
}

/**
 * A broken connection counts too: Deno drops the connection when a frame arrives after its own close frame, and the
 * close may be lost with it. For the caller it is the same, because Twilio then requests what comes next either way.
 */
export function endedByServer(stream: StreamLog | undefined): boolean {
  return stream?.openedAtMs !== undefined && (stream.end?.by === "server" || stream.end?.by === "network");
}

/** Everything that was played to the caller, PCMU, without the gaps. */
export function played(stream: StreamLog | undefined): Uint8Array {
  return stream?.heard === undefined ? new Uint8Array(0) : playedBytes(stream.heard);
}

/** An event of the Realtime API, its fields unchecked. */
export type RealtimeEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** A frame that is not an event has the type "". */
export function eventOf({ text }: Frame): RealtimeEvent {
  const value = parse(text);
  return typeof value === "object" && value !== null && "type" in value ? (value as RealtimeEvent) : { type: "" };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a SyntaxError: the frame is not an event
  }
}

/** All audio that the server sent to a session, joined. */
export function heardByModel({ received }: SessionEvidence): Uint8Array {
  const pieces = received.map(eventOf).flatMap(({ type, audio }) => {
    return type === "input_audio_buffer.append" && typeof audio === "string" ? [decodeBase64(audio) ?? new Uint8Array(0)] : [];
  });
  return joinBytes(pieces);
}

/**
 * The session that heard the caller, the longest if several did. On a machine that stalled, voice may have given up a
 * session before it and dialled again.
 */
export function listeningSession({ sessions }: Pick<CallEvidence, "sessions">): SessionEvidence | undefined {
  const heard = sessions.map((session) => ({ session, bytes: heardByModel(session).length }));
  return heard.toSorted((one, other) => other.bytes - one.bytes)[0]?.session; // the sort is stable: else the first
}

/** The index at which two arrays first differ, or one ends; undefined when they are equal. */
export function firstDifference(one: Uint8Array, other: Uint8Array): number | undefined {
  const length = Math.max(one.length, other.length);
  for (let at = 0; at < length; at++) if (one[at] !== other[at]) return at;
  return undefined;
}
