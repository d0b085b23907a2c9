// What the checks judge by: a call as both far ends saw it. Types, and the few questions that several checks put to
// them. No verdicts here.

import { joinBytes } from "../../protocol/bytes.ts";
import { fieldValue } from "../../protocol/http/message.ts";
import type { TwimlElement } from "../../protocol/twiml/reader.ts";
import { decodeBase64 } from "../../simulators/openai/decode-base64.ts";
import { playedBytes } from "../../simulators/twilio/heard-audio.ts";
import type { HttpExchange, StreamLog, TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";

/** A text frame, and when it came or went, epoch ms. */
export interface Frame {
  readonly atMs: number;
  readonly text: string;
}

/** One connection to the model, as the model's side saw it. */
export interface SessionEvidence {
  /** What the server under test sent, in order of arrival. */
  readonly received: readonly Frame[];
  /** What it was sent, as it was delivered to it. */
  readonly delivered: readonly Frame[];
}

/** What the server recorded of a call at its end. */
export interface RecordEvidence {
  /** Milliseconds of audio that the caller heard, as far as the server could know. */
  readonly counts: { readonly heardMs: number };
}

/** A call as both far ends saw it, and what was put in. */
export interface CallEvidence {
  readonly call: TelephoneCall;
  readonly sessions: readonly SessionEvidence[];
  readonly records: readonly RecordEvidence[];
  /** What the caller said, PCMU, from the first frame on; empty when not from the first frame, or nothing. */
  readonly said: Uint8Array;
  /** What the model had to say, PCMU, response by response. */
  readonly replies: readonly Uint8Array[];
}

/** What only the telephone saw. */
export type TelephoneEvidence = Pick<CallEvidence, "call">;

/** The first document that was asked for. */
export function firstExchange({ call }: TelephoneEvidence): HttpExchange | undefined {
  return call.exchanges.find(({ purpose }) => purpose === "voice");
}

/** How an exchange went, in words: "HTTP 200, text/xml, <Connect><Redirect>". */
export function tellExchange(exchange: HttpExchange | undefined): string {
  if (exchange === undefined) return "no request was made";
  if (exchange.failure !== undefined) return `${exchange.failure.kind}: ${exchange.failure.detail}`;
  if (exchange.answer === undefined) return "no answer";
  const type = fieldValue(exchange.answer.headers, "content-type") ?? "no Content-Type";
  const verbs = verbsOf(exchange).map(({ name }) => `<${name}>`);
  return [`HTTP ${exchange.answer.status}`, type, ...(verbs.length === 0 ? [] : [verbs.join("")])].join(", ");
}

/** The verbs of the document that an exchange brought; none when it brought none. */
export function verbsOf(exchange: HttpExchange | undefined): readonly TwimlElement[] {
  return exchange?.plan?.type === "twiml" ? exchange.plan.root.children : [];
}

/** The `<Stream>` in a `<Connect>` of these verbs. */
export function streamOf(verbs: readonly TwimlElement[]): TwimlElement | undefined {
  return verbs.find(({ name }) => name === "Connect")?.children.find(({ name }) => name === "Stream");
}

/** What was spoken to the caller by Twilio's own voice. */
export function wordsHeard({ call }: TelephoneEvidence): readonly string[] {
  return call.line.flatMap((event) => (event.kind === "words" ? [event.text] : []));
}

/** Twilio's application error, where the caller had to hear it. */
export function applicationError({ call }: TelephoneEvidence): string | undefined {
  const heard = call.line.find((event) => event.kind === "applicationError");
  return heard?.kind === "applicationError" ? `the application error, ${heard.twilioCode}` : undefined;
}

/** How a stream ended, in words. */
export function tellStream(stream: StreamLog | undefined): string {
  if (stream === undefined) return "no stream was opened";
  const { end, openedAtMs } = stream;
  if (openedAtMs === undefined)
    return `the handshake failed: ${stream.answer === undefined ? "no answer" : `HTTP ${stream.answer.head.status}`}`;
  return end === undefined
    ? "the stream is open"
    : `the stream was ended by the ${end.by}, code ${end.code}${end.reason === "" ? "" : ` "${end.reason}"`}`;
}

/**
 * Whether the server ended a stream. A break counts as well: where a runtime (Deno's) drops the connection as soon as
 * a frame comes in behind its
 * own close frame, the close may be lost with it; to the caller it is the same, for Twilio asks what comes next
 * either way.
 */
export function endedByServer(stream: StreamLog | undefined): boolean {
  return stream?.openedAtMs !== undefined && (stream.end?.by === "server" || stream.end?.by === "network");
}

/** Everything that was played to the caller in a stream, end to end. */
export function played(stream: StreamLog | undefined): Uint8Array {
  return stream?.heard === undefined ? new Uint8Array(0) : playedBytes(stream.heard);
}

/** An event of the Realtime API, its fields unchecked. */
export type RealtimeEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** Reads a frame as an event; one that is none has the type "". */
export function eventOf({ text }: Frame): RealtimeEvent {
  const value = parse(text);
  return typeof value === "object" && value !== null && "type" in value ? (value as RealtimeEvent) : { type: "" };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a SyntaxError: the frame is no event
  }
}

/** All audio that a session was sent by the server under test, joined. */
export function heardByModel({ received }: SessionEvidence): Uint8Array {
  const pieces = received.map(eventOf).flatMap(({ type, audio }) => {
    return type === "input_audio_buffer.append" && typeof audio === "string" ? [decodeBase64(audio) ?? new Uint8Array(0)] : [];
  });
  return joinBytes(pieces);
}

/** Where two byte arrays first differ, a missing end included; undefined when they are equal. */
export function firstDifference(one: Uint8Array, other: Uint8Array): number | undefined {
  const length = Math.max(one.length, other.length);
  for (let at = 0; at < length; at++) if (one[at] !== other[at]) return at;
  return undefined;
}
