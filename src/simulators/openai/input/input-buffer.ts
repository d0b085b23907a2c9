// The input audio buffer: audio that the client appended and no turn has taken yet, and the turns that voice activity
// detection finds in it. Time is counted in audio, without a clock: without audio, no turn ends.
// Follows https://developers.openai.com/api/docs/guides/realtime-vad

import { levelDbfs } from "../../../audio/level.ts";
import { joinBytes } from "../../../protocol/bytes.ts";
import { type AudioFormat, bytesOfMs, decodeSamples, TICKS_PER_MS, ticksOf } from "../audio-format.ts";
import type { TurnDetection } from "../config/session-config.ts";
import { judgeWindow, ONSET_MS, QUIET, thresholdDbfs, type VoiceActivity, WINDOW_MS } from "./voice-activity.ts";

/**
 * The most audio kept without voice activity detection, where only the client empties the buffer: half an hour of
 * G.711. Our limit; the API documents none.
 */
export const MAX_BUFFER_BYTES = 15 * 1024 * 1024;

/** All pieces have the same format: the buffer is emptied when the format changes. */
export interface InputBuffer {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  /** Bytes at the end of `pieces` that do not fill a window yet. */
  readonly unjudgedBytes: number;
  /** All audio appended in this session, in ticks. */
  readonly appendedTicks: number;
  readonly activity: VoiceActivity;
}

/** `turn`: the caller's audio, byte for byte, including the prefix padding and the silence at the end. */
export type SpeechEvent =
  | { readonly type: "started"; readonly audioStartMs: number }
  | { readonly type: "stopped"; readonly audioEndMs: number; readonly turn: Uint8Array };

export const EMPTY_BUFFER: InputBuffer = { pieces: [], bytes: 0, unjudgedBytes: 0, appendedTicks: 0, activity: QUIET };

/** Empties the buffer. `appendedTicks` stays. */
export function clearBuffer(buffer: InputBuffer): InputBuffer {
  return { ...EMPTY_BUFFER, appendedTicks: buffer.appendedTicks };
}

/** May have a fraction. */
export function bufferedMs(buffer: InputBuffer, format: AudioFormat): number {
  return ticksOf(format, buffer.bytes) / TICKS_PER_MS;
}

/**
 * Appends audio without detecting turns, for `turn_detection: null`. False if the buffer would exceed MAX_BUFFER_BYTES.
 */
export function appendManually(buffer: InputBuffer, format: AudioFormat, bytes: Uint8Array): InputBuffer | false {
  if (buffer.bytes + bytes.length > MAX_BUFFER_BYTES) return false;
  return appended(buffer, format, bytes);
}

/** Appends audio and detects turns in it. During silence, only the padding for the next turn is kept. */
export function appendDetecting(
  buffer: InputBuffer,
  format: AudioFormat,
  bytes: Uint8Array,
  rules: TurnDetection,
): { readonly buffer: InputBuffer; readonly events: readonly SpeechEvent[] } {
  const events: SpeechEvent[] = [];
  const loudDbfs = thresholdDbfs(rules.threshold);
  const windowBytes = bytesOfMs(format, WINDOW_MS);
  let now = buffer;
  let at = 0;
  while (at < bytes.length) {
    const piece = bytes.subarray(at, at + windowBytes - now.unjudgedBytes);
    at += piece.length;
    now = appended(now, format, piece);
    const unjudgedBytes = now.unjudgedBytes + piece.length;
    now = { ...now, unjudgedBytes };
    if (unjudgedBytes < windowBytes) break;
    const loud = levelDbfs(decodeSamples(format, lastBytes(now.pieces, windowBytes))) > loudDbfs;
    const { activity, change } = judgeWindow(now.activity, loud, rules.silence_duration_ms);
    now = { ...now, activity, unjudgedBytes: 0 };
    const isTurn = activity.speaking && change === undefined;
    if (!isTurn && change !== "stopped") now = trimmedTo(now, bytesOfMs(format, rules.prefix_padding_ms + ONSET_MS));
    if (change === "started")
      events.push({ type: "started", audioStartMs: Math.round((now.appendedTicks - ticksOf(format, now.bytes)) / TICKS_PER_MS) });
    if (change === "stopped") {
      events.push({ type: "stopped", audioEndMs: Math.round(now.appendedTicks / TICKS_PER_MS), turn: joinBytes(now.pieces) });
      now = clearBuffer(now);
    }
  }
  return { buffer: now, events };
}

function appended(buffer: InputBuffer, format: AudioFormat, bytes: Uint8Array): InputBuffer {
  return {
    ...buffer,
    pieces: [...buffer.pieces, bytes],
    bytes: buffer.bytes + bytes.length,
    appendedTicks: buffer.appendedTicks + ticksOf(format, bytes.length),
  };
}

/** The last `count` bytes of the pieces: usually the last piece itself. */
function lastBytes(pieces: readonly Uint8Array[], count: number): Uint8Array {
  const last = pieces.at(-1) ?? new Uint8Array(0);
  if (last.length === count) return last;
  let from = pieces.length;
  let held = 0;
  while (from > 0 && held < count) {
    from -= 1;
    held += pieces[from]?.length ?? 0;
  }
  return joinBytes(pieces.slice(from)).subarray(held - count);
}

/** Drops the oldest audio, down to `keepBytes`. */
function trimmedTo(buffer: InputBuffer, keepBytes: number): InputBuffer {
  let excess = buffer.bytes - keepBytes;
  if (excess <= 0) return buffer;
  const kept = buffer.pieces.flatMap((piece) => {
    const cut = Math.min(excess, piece.length);
    excess -= cut;
    return cut === piece.length ? [] : [piece.subarray(cut)];
  });
  return { ...buffer, pieces: kept, bytes: keepBytes };
}
