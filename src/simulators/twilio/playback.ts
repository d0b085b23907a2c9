// Twilio's outbound buffer for one stream: audio is played in order at 8,000 bytes a second, marks come back when what was queued before
// them has been played. Not the messages (stream-caller.ts) and not a judge of what was heard (heard-audio.ts). Time comes in, nothing is awaited.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-messages-to-twilio

import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";

/** Audio that would be buffered beyond this is discarded, with warning 31931 (https://www.twilio.com/docs/api/errors/31931). */
export const MAX_BUFFERED_MS = 600_000;

/** A piece of PCMU with the moment at which its first byte is played, ms. */
export interface PlayedAudio {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** A mark that waits, and the moment at which what was queued before it has been played. */
interface QueuedMark {
  readonly dueMs: number;
  readonly name: string;
}

/** What the caller heard: pieces in order of time, without overlap; between them was silence. Bounded by `keepMs`, oldest dropped first. */
export interface HeardAudio {
  readonly keepMs: number;
  readonly pieces: readonly PlayedAudio[];
  /** Milliseconds of audio played in all, also of what was dropped since. */
  readonly totalMs: number;
}

/** The buffer. `untilMs`: when the last queued byte will have been played; in the past when nothing is queued. */
export interface Playback {
  readonly queue: readonly PlayedAudio[];
  readonly marks: readonly QueuedMark[];
  readonly untilMs: number;
  readonly heard: HeardAudio;
}

/** What a change of the buffer made: marks that come back now, in order, and how much was thrown away. */
export interface PlaybackStep {
  readonly playback: Playback;
  readonly returned: readonly string[];
  readonly discardedMs: number;
}

/** Makes an empty buffer that remembers the last `keepMs` of what was heard. */
export function emptyPlayback(keepMs: number): Playback {
  return { queue: [], marks: [], untilMs: Number.NEGATIVE_INFINITY, heard: { keepMs, pieces: [], totalMs: 0 } };
}

/** Milliseconds of audio queued and not yet played at `nowMs`. */
export function bufferedMs(playback: Playback, nowMs: number): number {
  return Math.max(0, playback.untilMs - nowMs);
}

/** When something will happen by itself: the next mark that comes back, or the end of the piece being played. */
export function playbackDueMs(playback: Playback): number | undefined {
  const mark = playback.marks[0]?.dueMs;
  return mark ?? (playback.queue.length > 0 ? playback.untilMs : undefined);
}

/** Queues audio behind what is queued; what would lie more than MAX_BUFFERED_MS ahead is discarded. */
export function queueAudio(before: Playback, bytes: Uint8Array, nowMs: number): PlaybackStep {
  const { playback, returned } = advance(before, nowMs);
  const atMs = Math.max(nowMs, playback.untilMs);
  const roomBytes = Math.floor((nowMs + MAX_BUFFERED_MS - atMs) * PCMU_BYTES_PER_MS);
  const taken = bytes.subarray(0, Math.max(0, roomBytes));
  const discardedMs = (bytes.length - taken.length) / PCMU_BYTES_PER_MS;
  if (taken.length === 0) return { playback, returned, discardedMs };
  const untilMs = atMs + taken.length / PCMU_BYTES_PER_MS;
  return { playback: { ...playback, queue: [...playback.queue, { atMs, bytes: taken }], untilMs }, returned, discardedMs };
}

/** Queues a mark behind what is queued; it comes back at once when nothing is. */
export function queueMark(before: Playback, name: string, nowMs: number): PlaybackStep {
  const { playback, returned } = advance(before, nowMs);
  if (playback.untilMs <= nowMs) return { playback, returned: [...returned, name], discardedMs: 0 };
  return { playback: { ...playback, marks: [...playback.marks, { dueMs: playback.untilMs, name }] }, returned, discardedMs: 0 };
}

/** Throws away what is queued: every mark comes back at once, though what stood before it was not heard. */
export function clearPlayback(before: Playback, nowMs: number): PlaybackStep {
  const { playback, returned } = advance(before, nowMs);
  const outstanding = playback.marks.map((mark) => mark.name);
  const discardedMs = bufferedMs(playback, nowMs);
  const playing = playback.queue[0];
  const heard = playing === undefined ? playback.heard : hear(playback.heard, cutAt(playing, nowMs));
  return { playback: { ...playback, queue: [], marks: [], untilMs: nowMs, heard }, returned: [...returned, ...outstanding], discardedMs };
}

/** Lets time pass: what ends by `nowMs` has been heard, and the marks behind it come back. */
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

/** What was heard by `nowMs`, with the part of the piece being played that has been played. */
export function heardUntil(playback: Playback, nowMs: number): HeardAudio {
  const settled = advance(playback, nowMs).playback;
  const playing = settled.queue[0];
  return playing === undefined ? settled.heard : hear(settled.heard, cutAt(playing, nowMs));
}

/** When the last byte of a piece has been played. */
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
