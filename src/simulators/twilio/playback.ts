// Twilio's outbound buffer for one stream: audio plays in order at 8,000 bytes a second, and a mark returns when the
// audio queued before it has been played. Time is an argument of every function. The messages are in stream-caller.ts,
// measurements of what was heard in heard-audio.ts.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-messages-to-twilio

import { concatBytes } from "../../protocol/bytes.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";

/** Audio beyond this is discarded, with warning 31931 (https://www.twilio.com/docs/api/errors/31931). */
export const MAX_BUFFERED_MS = 600_000;

/** Marks waiting to return; Twilio documents no limit. More are ignored: a mark for each 20 ms of 3 minutes fits. */
export const MAX_MARKS = 10_000;
/** Longer messages are kept in pieces of a second, so that what was not played does not stay in memory. */
const longestPieceBytes = 1_000 * PCMU_BYTES_PER_MS;
/** Shorter ones are joined up to this length, so that a message of one byte costs no more than a byte. */
const shortestPieceBytes = 20 * PCMU_BYTES_PER_MS;
/** Behind so many pieces, further audio is joined to pieces of a second: each message copies the list of pieces. */
const MAX_SHORT_PIECES = 1_000;

/** A piece of PCMU. `atMs`: when its first byte is played. */
export interface PlayedAudio {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** A mark still to return. `dueMs`: when the audio queued before it has been played. */
interface QueuedMark {
  readonly dueMs: number;
  readonly name: string;
}

/**
 * What the caller heard: pieces in order of time, without overlap, silence between them. Pieces older than `keepMs` are
 * dropped.
 */
export interface HeardAudio {
  readonly keepMs: number;
  readonly pieces: readonly PlayedAudio[];
  /** All audio played, ms, including dropped pieces. */
  readonly totalMs: number;
}

/** The buffer. `untilMs`: when the last queued byte will have been played. It is in the past when nothing is queued. */
export interface Playback {
  readonly queue: readonly PlayedAudio[];
  readonly marks: readonly QueuedMark[];
  readonly untilMs: number;
  readonly heard: HeardAudio;
}

/** The buffer after a change, the marks that return now, in order, and how much audio was discarded. */
export interface PlaybackStep {
  readonly playback: Playback;
  readonly returned: readonly string[];
  readonly discardedMs: number;
}

/** An empty buffer that keeps the last `keepMs` of audio heard. */
export function emptyPlayback(keepMs: number): Playback {
  return { queue: [], marks: [], untilMs: Number.NEGATIVE_INFINITY, heard: { keepMs, pieces: [], totalMs: 0 } };
}

/** Audio queued and not yet played at `nowMs`. */
export function bufferedMs(playback: Playback, nowMs: number): number {
  return Math.max(0, playback.untilMs - nowMs);
}

/** When something happens without input: the next mark returns, or the queued audio ends. */
export function playbackDueMs(playback: Playback): number | undefined {
  const mark = playback.marks[0]?.dueMs;
  return mark ?? (playback.queue.length > 0 ? playback.untilMs : undefined);
}

/** Queues audio at the end. Audio more than MAX_BUFFERED_MS ahead is discarded. */
export function queueAudio(before: Playback, bytes: Uint8Array, nowMs: number): PlaybackStep {
  const { playback, returned } = advance(before, nowMs);
  const atMs = Math.max(nowMs, playback.untilMs);
  const roomBytes = Math.floor((nowMs + MAX_BUFFERED_MS - atMs) * PCMU_BYTES_PER_MS);
  const taken = bytes.subarray(0, Math.max(0, roomBytes));
  const discardedMs = (bytes.length - taken.length) / PCMU_BYTES_PER_MS;
  if (taken.length === 0) return { playback, returned, discardedMs };
  const untilMs = atMs + taken.length / PCMU_BYTES_PER_MS;
  return { playback: { ...playback, queue: appendAudio(playback.queue, { atMs, bytes: taken }), untilMs }, returned, discardedMs };
}

function appendAudio(pieces: readonly PlayedAudio[], { atMs, bytes }: PlayedAudio): readonly PlayedAudio[] {
  const last = pieces.at(-1);
  const wantedBytes = pieces.length < MAX_SHORT_PIECES ? shortestPieceBytes : longestPieceBytes;
  const room = last !== undefined && endOf(last) === atMs ? Math.max(0, wantedBytes - last.bytes.length) : 0;
  const filled = last === undefined || room === 0 ? pieces : [...pieces.slice(0, -1), filledUp(last, bytes.subarray(0, room))];
  const added: PlayedAudio[] = [];
  for (let at = room; at < bytes.length; at += longestPieceBytes) {
    added.push({ atMs: atMs + at / PCMU_BYTES_PER_MS, bytes: bytes.slice(at, at + longestPieceBytes) });
  }
  return added.length === 0 ? filled : [...filled, ...added];
}

function filledUp({ atMs, bytes }: PlayedAudio, more: Uint8Array): PlayedAudio {
  return { atMs, bytes: concatBytes(bytes, more) };
}

/** Queues a mark at the end. It returns at once when no audio is queued, and never when {@link MAX_MARKS} wait. */
export function queueMark(before: Playback, name: string, nowMs: number): PlaybackStep {
  const { playback, returned } = advance(before, nowMs);
  if (playback.untilMs <= nowMs) return { playback, returned: [...returned, name], discardedMs: 0 };
  if (playback.marks.length >= MAX_MARKS) return { playback, returned, discardedMs: 0 };
  return { playback: { ...playback, marks: [...playback.marks, { dueMs: playback.untilMs, name }] }, returned, discardedMs: 0 };
}

/** Discards the queued audio. All marks return at once, although the audio before them was not heard. */
export function clearPlayback(before: Playback, nowMs: number): PlaybackStep {
  const { playback, returned } = advance(before, nowMs);
  const outstanding = playback.marks.map((mark) => mark.name);
  const discardedMs = bufferedMs(playback, nowMs);
  const playing = playback.queue[0];
  const heard = playing === undefined ? playback.heard : hear(playback.heard, cutAt(playing, nowMs));
  return { playback: { ...playback, queue: [], marks: [], untilMs: nowMs, heard }, returned: [...returned, ...outstanding], discardedMs };
}

/** Lets time pass: audio that ends by `nowMs` has been heard, and its marks return. */
export function advance(playback: Playback, nowMs: number): PlaybackStep {
  const pieces = countWhile(playback.queue, (piece) => endOf(piece) <= nowMs);
  const marks = countWhile(playback.marks, (mark) => mark.dueMs <= nowMs);
  if (pieces === 0 && marks === 0) return { playback, returned: [], discardedMs: 0 };
  let heard = playback.heard;
  for (const piece of playback.queue.slice(0, pieces)) heard = hear(heard, piece);
  const returned = playback.marks.slice(0, marks).map((mark) => mark.name);
  return {
    playback: { ...playback, queue: playback.queue.slice(pieces), marks: playback.marks.slice(marks), heard },
    returned,
    discardedMs: 0,
  };
}

/** The audio heard by `nowMs`, including the played part of the current piece. */
export function heardUntil(playback: Playback, nowMs: number): HeardAudio {
  const settled = advance(playback, nowMs).playback;
  const playing = settled.queue[0];
  return playing === undefined ? settled.heard : hear(settled.heard, cutAt(playing, nowMs));
}

/** When the last byte of a piece has been played, ms. */
export function endOf(piece: PlayedAudio): number {
  return piece.atMs + piece.bytes.length / PCMU_BYTES_PER_MS;
}

function hear(heard: HeardAudio, piece: PlayedAudio): HeardAudio {
  if (piece.bytes.length === 0) return heard;
  const oldestMs = endOf(piece) - heard.keepMs;
  const dropped = countWhile(heard.pieces, (old) => endOf(old) <= oldestMs);
  return {
    keepMs: heard.keepMs,
    pieces: [...heard.pieces.slice(dropped), piece],
    totalMs: heard.totalMs + piece.bytes.length / PCMU_BYTES_PER_MS,
  };
}

function cutAt(piece: PlayedAudio, nowMs: number): PlayedAudio {
  const playedBytes = Math.max(0, Math.floor((nowMs - piece.atMs) * PCMU_BYTES_PER_MS));
  return { atMs: piece.atMs, bytes: piece.bytes.subarray(0, playedBytes) };
}

function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  const end = items.findIndex((item) => !holds(item));
  return end === -1 ? items.length : end;
}
