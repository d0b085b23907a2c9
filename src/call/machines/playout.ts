// Playout: what was sent to the caller against what was heard, by marks. The model speaks several times faster than real time, so what was
// sent is not what was heard, and no clock of ours can tell. Marks: https://www.twilio.com/docs/voice/media-streams/websocket-messages#mark-message

import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";

/** One piece of model audio on its way to the caller's ear: a content part of an item. A response may hold several items. */
export interface PlayoutPart {
  /** The model session that made it: the connection's number. */
  readonly session: number;
  readonly responseId: string;
  readonly itemId: string;
  readonly contentIndex: number;
  readonly sentBytes: number;
  readonly heardBytes: number;
  /** The model has sent all of it. */
  readonly complete: boolean;
}

/** A mark that Twilio holds: when it comes back, the part was heard up to `atBytes`. */
interface OutstandingMark {
  readonly name: string;
  readonly session: number;
  readonly responseId: string;
  readonly itemId: string;
  readonly contentIndex: number;
  readonly atBytes: number;
}

/** Parts not yet heard to the end, oldest first, and the marks among them. */
export interface Playout {
  readonly parts: readonly PlayoutPart[];
  readonly marks: readonly OutstandingMark[];
  /** Numbers never come twice in a call: a flushed mark that comes back late must not pass for a newer one. */
  readonly nextMark: number;
  readonly bytesSinceMark: number;
  readonly sentBytes: number;
  readonly heardBytes: number;
}

export const emptyPlayout: Playout = { parts: [], marks: [], nextMark: 1, bytesSinceMark: 0, sentBytes: 0, heardBytes: 0 };

/** Marks that may be outstanding; no limit of Twilio's is documented, 70 were seen to work. */
export const OUTSTANDING_MARKS_MAX = 256;

/**
 * Audio is cut into slices of 120 ms, a mark after each: 960 bytes are whole 20 ms frames, and whole groups of base64 (3 bytes, 4 characters),
 * so that the payload is cut without being decoded. OpenAI sends about 400 ms at once: too coarse to say what was heard.
 */
const SLICE_CHARS = (960 / 3) * 4;

/** Cuts a base64 payload into slices of at most 120 ms. */
export function slicePayload(payload: string): readonly string[] {
  if (payload.length <= SLICE_CHARS) return [payload];
  const slices: string[] = [];
  for (let at = 0; at < payload.length; at += SLICE_CHARS) slices.push(payload.slice(at, at + SLICE_CHARS));
  return slices;
}

/** The fewest milliseconds between marks: 64 x 0.1 s, 128 x 1 s and 64 x 10 s span more than the 10 minutes that Twilio buffers (error 31931). */
function markSpacingMs(outstanding: number): number {
  if (outstanding < 64) return 100;
  return outstanding < 192 ? 1_000 : 10_000;
}

/** The audio of one piece that is sent. */
interface Sent {
  readonly session: number;
  readonly responseId: string;
  readonly itemId: string;
  readonly contentIndex: number;
  readonly bytes: number;
}

/** What was done to the playout, and the name of the mark to send now, if any. */
export interface PlayoutStep {
  readonly playout: Playout;
  readonly mark: string | undefined;
}

/** Notes that audio was sent. A mark follows it when the last one lies far enough back. */
export function audioSent(playout: Playout, sent: Sent): PlayoutStep {
  const last = playout.parts.at(-1);
  const part = last !== undefined && isPart(last, sent) ? last : newPart(sent);
  const grown = { ...part, sentBytes: part.sentBytes + sent.bytes };
  const parts = part === last ? [...playout.parts.slice(0, -1), grown] : [...playout.parts, grown];
  const bytesSinceMark = playout.bytesSinceMark + sent.bytes;
  const next = { ...playout, parts, bytesSinceMark, sentBytes: playout.sentBytes + sent.bytes };
  const due = bytesSinceMark >= markSpacingMs(playout.marks.length) * PCMU_BYTES_PER_MS;
  return due ? placeMark(next, grown) : { playout: next, mark: undefined };
}

/** The model has sent all of a part: a last mark tells when it was heard to the end. */
export function audioComplete(playout: Playout, of: Omit<Sent, "bytes">): PlayoutStep {
  const part = playout.parts.find((each) => isPart(each, of));
  if (part === undefined || part.complete) return { playout, mark: undefined };
  const complete = { ...part, complete: true };
  const next = dropHeard({ ...playout, parts: playout.parts.map((each) => (each === part ? complete : each)) });
  const unmarked = part === playout.parts.at(-1) && playout.bytesSinceMark > 0;
  return unmarked ? placeMark(next, complete) : { playout: next, mark: undefined };
}

/** The model has ended a response, or (without one named) its session is gone: every part of it is complete. */
export function partsComplete(playout: Playout, session: number, responseId?: string): PlayoutStep {
  const ofIt = (part: PlayoutPart): boolean => part.session === session && (responseId === undefined || part.responseId === responseId);
  let step: PlayoutStep = { playout, mark: undefined };
  for (const part of playout.parts.filter(ofIt)) {
    const done = audioComplete(step.playout, part);
    step = { playout: done.playout, mark: done.mark ?? step.mark };
  }
  return step;
}

/** A mark came back. One that we do not hold (flushed, or never ours) says nothing. Those before it are heard too. */
export function markReturned(playout: Playout, name: string): Playout {
  const index = playout.marks.findIndex((mark) => mark.name === name);
  const mark = playout.marks[index];
  if (mark === undefined) return playout;
  const partIndex = playout.parts.findIndex((part) => isPart(part, mark));
  const parts = playout.parts.map((part, at) => {
    if (at < partIndex) return { ...part, heardBytes: part.sentBytes };
    // A server that mixes up two parts has several of one name here: none is heard beyond its own end.
    return at === partIndex ? { ...part, heardBytes: Math.max(part.heardBytes, Math.min(mark.atBytes, part.sentBytes)) } : part;
  });
  const heard = sum(parts) - sum(playout.parts);
  return dropHeard({ ...playout, parts, marks: playout.marks.slice(index + 1), heardBytes: playout.heardBytes + heard });
}

/** What the model must be told was not heard. */
export interface Truncation {
  readonly session: number;
  readonly responseId: string;
  readonly itemId: string;
  readonly contentIndex: number;
  /** Whole milliseconds heard. */
  readonly audioEndMs: number;
  readonly sentMs: number;
}

/** Everything sent and not heard is taken back: the marks count no more, and each unheard part is to be truncated at what was heard of it. */
export function flushPlayout(playout: Playout): { readonly playout: Playout; readonly truncations: readonly Truncation[] } {
  const truncations = playout.parts.map(({ session, responseId, itemId, contentIndex, sentBytes, heardBytes }) => ({
    session,
    responseId,
    itemId,
    contentIndex,
    // Rounded down, and by its mark never beyond what was sent: "Audio content of Xms is already shorter than Yms" refuses more.
    audioEndMs: Math.floor(heardBytes / PCMU_BYTES_PER_MS),
    sentMs: Math.floor(sentBytes / PCMU_BYTES_PER_MS),
  }));
  return { playout: { ...playout, parts: [], marks: [], bytesSinceMark: 0 }, truncations };
}

/** How much lies with Twilio, sent and not heard, milliseconds. Nothing, as far as we know, when no mark has ever come back: it is no telephone that we talk to. */
export function aheadMs({ parts, heardBytes }: Playout): number {
  if (heardBytes === 0) return 0;
  return parts.reduce((bytes, part) => bytes + part.sentBytes - part.heardBytes, 0) / PCMU_BYTES_PER_MS;
}

/** Whether a mark is still to come back. When none is, all has been heard but for the last moment, which may have no mark yet. */
export function isMarkAwaited({ marks }: Playout): boolean {
  return marks.length > 0;
}

/** Whether something sent has not been heard yet. */
export function isPlaying(playout: Playout): boolean {
  return playout.parts.some((part) => part.heardBytes < part.sentBytes);
}

function newPart({ session, responseId, itemId, contentIndex }: Sent): PlayoutPart {
  return { session, responseId, itemId, contentIndex, sentBytes: 0, heardBytes: 0, complete: false };
}

function isPart(part: Omit<Sent, "bytes">, other: Omit<Sent, "bytes">): boolean {
  if (part.session !== other.session || part.responseId !== other.responseId) return false;
  return part.itemId === other.itemId && part.contentIndex === other.contentIndex;
}

function placeMark(playout: Playout, part: PlayoutPart): PlayoutStep {
  if (playout.marks.length >= OUTSTANDING_MARKS_MAX) return { playout, mark: undefined };
  const name = `v${playout.nextMark}`;
  const { session, responseId, itemId, contentIndex, sentBytes } = part;
  const marks = [...playout.marks, { name, session, responseId, itemId, contentIndex, atBytes: sentBytes }];
  return { playout: { ...playout, marks, nextMark: playout.nextMark + 1, bytesSinceMark: 0 }, mark: name };
}

/** What was heard to the end is let go: truncating it would delete its transcript for nothing. */
function dropHeard(playout: Playout): Playout {
  const parts = playout.parts.filter((part) => !(part.complete && part.heardBytes >= part.sentBytes));
  return parts.length === playout.parts.length ? playout : { ...playout, parts };
}

function sum(parts: readonly PlayoutPart[]): number {
  return parts.reduce((bytes, part) => bytes + part.heardBytes, 0);
}
