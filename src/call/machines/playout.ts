// Playout: how much of the audio sent has the caller heard? The model generates speech several times faster than real
// time, so sent is not heard, and only the marks that Twilio returns show how far playback has come.
// https://www.twilio.com/docs/voice/media-streams/websocket-messages#mark-message

import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";

/** Names one content part of an item. A response may hold several items. */
export interface PartKey {
  /** The model session that generated it: the connection's epoch. */
  readonly session: number;
  readonly responseId: string;
  readonly itemId: string;
  readonly contentIndex: number;
}

/** The audio of a part. */
export interface PlayoutPart extends PartKey {
  readonly sentBytes: number;
  readonly heardBytes: number;
  /** The model has sent all of it. */
  readonly complete: boolean;
}

/** A mark that Twilio has not returned yet. When it does, the part was heard up to `atBytes`. */
interface OutstandingMark extends PartKey {
  readonly name: string;
  readonly atBytes: number;
}

export interface Playout {
  /** Parts not yet heard to the end, oldest first. */
  readonly parts: readonly PlayoutPart[];
  readonly marks: readonly OutstandingMark[];
  /** Never reused within a call: a flushed mark that returns late must not be taken for a newer one. */
  readonly nextMark: number;
  readonly bytesSinceMark: number;
  readonly sentBytes: number;
  readonly heardBytes: number;
}

export const emptyPlayout: Playout = { parts: [], marks: [], nextMark: 1, bytesSinceMark: 0, sentBytes: 0, heardBytes: 0 };

/** Marks that may be outstanding. Twilio documents no limit; 70 were seen to work. */
export const OUTSTANDING_MARKS_MAX = 256;

/**
 * Audio is cut into slices of 120 ms, so that marks can be placed between them: OpenAI sends about 400 ms at once, too
 * coarse to know what was heard. 960 bytes are whole 20 ms frames and whole base64 groups (3 bytes, 4 characters), so
 * the payload is cut without decoding it.
 */
const SLICE_CHARS = (960 / 3) * 4;

/** Cuts a base64 payload into slices of at most 120 ms. */
export function slicePayload(payload: string): readonly string[] {
  if (payload.length <= SLICE_CHARS) return [payload];
  const slices: string[] = [];
  for (let at = 0; at < payload.length; at += SLICE_CHARS) slices.push(payload.slice(at, at + SLICE_CHARS));
  return slices;
}

/**
 * The least audio between two marks, by how many are outstanding: 64 x 0.1 s, 128 x 1 s and 64 x 10 s span more than
 * the 10 minutes that Twilio buffers (error 31931).
 */
function markSpacingMs(outstanding: number): number {
  if (outstanding < 64) return 100;
  return outstanding < 192 ? 1_000 : 10_000;
}

export interface PlayoutStep {
  readonly playout: Playout;
  /** The name of the mark to send now, if any. */
  readonly mark: string | undefined;
}

/** Records that `bytes` of a part are sent. A mark follows them when the last one is far enough back. */
export function audioSent(playout: Playout, key: PartKey, bytes: number): PlayoutStep {
  const last = playout.parts.at(-1);
  const part = last !== undefined && isPart(last, key) ? last : newPart(key);
  const grown = { ...part, sentBytes: part.sentBytes + bytes, complete: false };
  const parts = part === last ? [...playout.parts.slice(0, -1), grown] : [...playout.parts, grown];
  const bytesSinceMark = playout.bytesSinceMark + bytes;
  const next = { ...playout, parts, bytesSinceMark, sentBytes: playout.sentBytes + bytes };
  const due = bytesSinceMark >= markSpacingMs(playout.marks.length) * PCMU_BYTES_PER_MS;
  return due ? placeMark(next, grown) : { playout: next, mark: undefined };
}

/** Whether audio of this part would follow what was sent last, and some of that has not been heard yet. */
export function continuesLast(playout: Playout, part: PartKey): boolean {
  const last = playout.parts.at(-1);
  return last !== undefined && isPart(last, part);
}

/** The model has sent all of a part: a last mark will show when it was heard to the end. */
export function audioComplete(playout: Playout, of: PartKey): PlayoutStep {
  const part = playout.parts.find((each) => isPart(each, of));
  if (part === undefined || part.complete) return { playout, mark: undefined };
  const complete = { ...part, complete: true };
  const next = dropHeard({ ...playout, parts: playout.parts.map((each) => (each === part ? complete : each)) });
  const unmarked = part === playout.parts.at(-1) && playout.bytesSinceMark > 0;
  return unmarked ? placeMark(next, complete) : { playout: next, mark: undefined };
}

/** Every part of a response is complete; without `responseId`, every part of the session. */
export function partsComplete(playout: Playout, session: number, responseId?: string): PlayoutStep {
  const belongs = (part: PlayoutPart): boolean => part.session === session && (responseId === undefined || part.responseId === responseId);
  let step: PlayoutStep = { playout, mark: undefined };
  for (const part of playout.parts.filter(belongs)) {
    const done = audioComplete(step.playout, part);
    step = { playout: done.playout, mark: done.mark ?? step.mark };
  }
  return step;
}

/**
 * A mark was returned: everything before it was heard. A mark that is not outstanding (flushed, or never sent) is
 * ignored.
 */
export function markReturned(playout: Playout, name: string): Playout {
  const index = playout.marks.findIndex((mark) => mark.name === name);
  const mark = playout.marks[index];
  if (mark === undefined) return playout;
  const partIndex = playout.parts.findIndex((part) => isPart(part, mark));
  const parts = playout.parts.map((part, at) => {
    if (at < partIndex) return { ...part, heardBytes: part.sentBytes };
    // A server that mixes up two parts may have several with the same key: none is heard beyond its own end.
    return at === partIndex ? { ...part, heardBytes: Math.max(part.heardBytes, Math.min(mark.atBytes, part.sentBytes)) } : part;
  });
  const heard = sum(parts) - sum(playout.parts);
  return dropHeard({ ...playout, parts, marks: playout.marks.slice(index + 1), heardBytes: playout.heardBytes + heard });
}

/** An item of which the caller heard only part. */
export interface Truncation {
  readonly session: number;
  readonly responseId: string;
  readonly itemId: string;
  readonly contentIndex: number;
  /** Heard, whole milliseconds. */
  readonly audioEndMs: number;
  readonly sentMs: number;
}

/**
 * Discards everything sent and not heard, with its marks. Each unheard part must be truncated to what was heard of
 * it.
 */
export function flushPlayout(playout: Playout): { readonly playout: Playout; readonly truncations: readonly Truncation[] } {
  const truncations = playout.parts.map(({ session, responseId, itemId, contentIndex, sentBytes, heardBytes }) => ({
    session,
    responseId,
    itemId,
    contentIndex,
    // Rounded down, so never beyond what was sent: the API rejects that ("Audio content of Xms is already shorter
    // than Yms").
    audioEndMs: Math.floor(heardBytes / PCMU_BYTES_PER_MS),
    sentMs: Math.floor(sentBytes / PCMU_BYTES_PER_MS),
  }));
  return { playout: { ...playout, parts: [], marks: [], bytesSinceMark: 0 }, truncations };
}

/**
 * How much audio Twilio has buffered: sent and not heard. 0 when no mark ever came back: the peer does not return
 * marks.
 */
export function unheardMs({ parts, heardBytes }: Playout): number {
  if (heardBytes === 0) return 0;
  return parts.reduce((bytes, part) => bytes + part.sentBytes - part.heardBytes, 0) / PCMU_BYTES_PER_MS;
}

/** Without an outstanding mark, everything was heard except perhaps a last moment that has no mark yet. */
export function hasOutstandingMark({ marks }: Playout): boolean {
  return marks.length > 0;
}

/** Whether anything sent has not been heard yet. */
export function isPlaying(playout: Playout): boolean {
  return playout.parts.some((part) => part.heardBytes < part.sentBytes);
}

function newPart({ session, responseId, itemId, contentIndex }: PartKey): PlayoutPart {
  return { session, responseId, itemId, contentIndex, sentBytes: 0, heardBytes: 0, complete: false };
}

function isPart(part: PartKey, other: PartKey): boolean {
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

/** Drops parts heard to the end: truncating one would delete its transcript for nothing. */
function dropHeard(playout: Playout): Playout {
  const parts = playout.parts.filter((part) => !(part.complete && part.heardBytes >= part.sentBytes));
  return parts.length === playout.parts.length ? playout : { ...playout, parts };
}

function sum(parts: readonly PlayoutPart[]): number {
  return parts.reduce((bytes, part) => bytes + part.heardBytes, 0);
}
