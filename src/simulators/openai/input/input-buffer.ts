// The input audio buffer: what the caller said and nobody has taken yet, and the turns that voice detection finds in it. Not the conversation.
// Follows https://developers.openai.com/api/docs/guides/realtime-vad . It counts audio, never a clock: where no audio comes, no turn ends.

import { levelDbfs } from "../../../audio/level.ts";
import { joinBytes } from "../../../protocol/bytes.ts";
import { type AudioFormat, bytesOfMs, decodeSamples, TICKS_PER_MS, ticksOf } from "../audio-format.ts";
import type { TurnDetection } from "../config/session-config.ts";
import { judgeWindow, ONSET_MS, QUIET, thresholdDbfs, type VoiceActivity, WINDOW_MS } from "./voice-activity.ts";

/** The most that is kept without voice detection, where nothing but a `commit` empties the buffer: half an hour of G.711. Ours; the API names no limit. */
export const MAX_BUFFER_BYTES = 15 * 1024 * 1024;

/** The buffer. All pieces are of one format: the buffer is emptied when that changes. */
export interface InputBuffer {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  /** Bytes at the end of `pieces` that are less than a window, and not judged yet. */
  readonly unjudgedBytes: number;
  /** All audio written in this session, in ticks. */
  readonly heardTicks: number;
  readonly vad: VoiceActivity;
}

/** What voice detection found, in order. `turn` is the caller's audio, byte for byte, with its prefix padding and its closing silence. */
export type SpeechEvent =
  | { readonly type: "started"; readonly audioStartMs: number }
  | { readonly type: "stopped"; readonly audioEndMs: number; readonly turn: Uint8Array };

/** Nothing was ever said. */
export const EMPTY_BUFFER: InputBuffer = { pieces: [], bytes: 0, unjudgedBytes: 0, heardTicks: 0, vad: QUIET };

/** Empties the buffer; what was said before is still counted. */
export function clearBuffer(buffer: InputBuffer): InputBuffer {
  return { ...EMPTY_BUFFER, heardTicks: buffer.heardTicks };
}

/** How much the buffer holds, in milliseconds with a fraction. */
export function bufferedMs(buffer: InputBuffer, format: AudioFormat): number {
  return ticksOf(format, buffer.bytes) / TICKS_PER_MS;
}

/** Writes audio without looking for turns: `turn_detection` is null. False when the buffer would grow beyond MAX_BUFFER_BYTES. */
export function appendManually(buffer: InputBuffer, format: AudioFormat, bytes: Uint8Array): InputBuffer | false {
  if (buffer.bytes + bytes.length > MAX_BUFFER_BYTES) return false;
  return written(buffer, format, bytes);
}

/** Writes audio and looks for turns in it. While nobody speaks, only what would pad the next turn is kept. */
export function appendListening(
  buffer: InputBuffer,
  format: AudioFormat,
  bytes: Uint8Array,
  rules: TurnDetection,
): { readonly buffer: InputBuffer; readonly heard: readonly SpeechEvent[] } {
  const heard: SpeechEvent[] = [];
  const loudDbfs = thresholdDbfs(rules.threshold);
  const windowBytes = bytesOfMs(format, WINDOW_MS);
  let now = buffer;
  let at = 0;
  while (at < bytes.length) {
    const piece = bytes.subarray(at, at + windowBytes - now.unjudgedBytes);
    at += piece.length;
    now = written(now, format, piece);
    const unjudgedBytes = now.unjudgedBytes + piece.length;
    now = { ...now, unjudgedBytes };
    if (unjudgedBytes < windowBytes) break;
    const loud = levelDbfs(decodeSamples(format, lastBytes(now.pieces, windowBytes))) > loudDbfs;
    const { vad, change } = judgeWindow(now.vad, loud, rules.silence_duration_ms);
    now = { ...now, vad, unjudgedBytes: 0 };
    const isTurn = vad.speaking && change === undefined;
    if (!isTurn && change !== "stopped") now = trimmed(now, bytesOfMs(format, rules.prefix_padding_ms + ONSET_MS));
    if (change === "started")
      heard.push({ type: "started", audioStartMs: Math.round((now.heardTicks - ticksOf(format, now.bytes)) / TICKS_PER_MS) });
    if (change === "stopped") {
      heard.push({ type: "stopped", audioEndMs: Math.round(now.heardTicks / TICKS_PER_MS), turn: joinBytes(now.pieces) });
      now = clearBuffer(now);
    }
  }
  return { buffer: now, heard };
}

function written(buffer: InputBuffer, format: AudioFormat, bytes: Uint8Array): InputBuffer {
  return {
    ...buffer,
    pieces: [...buffer.pieces, bytes],
    bytes: buffer.bytes + bytes.length,
    heardTicks: buffer.heardTicks + ticksOf(format, bytes.length),
  };
}

/** The last so many bytes of pieces; most often the last piece itself. */
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

/** Drops the oldest audio beyond `keepBytes`. */
function trimmed(buffer: InputBuffer, keepBytes: number): InputBuffer {
  let excess = buffer.bytes - keepBytes;
  if (excess <= 0) return buffer;
  const kept = buffer.pieces.flatMap((piece) => {
    const cut = Math.min(excess, piece.length);
    excess -= cut;
    return cut === piece.length ? [] : [piece.subarray(cut)];
  });
  return { ...buffer, pieces: kept, bytes: keepBytes };
}
