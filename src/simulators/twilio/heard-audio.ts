// Judges what the caller heard by the signal itself, not by counts of messages: pieces of PCMU with their times become samples, levels,
// tones. Not speech recognition.

import { decodeMulaw, MULAW_SILENCE } from "../../audio/g711.ts";
import { levelDbfs } from "../../audio/level.ts";
import { toneLevelDbfs } from "../../audio/tone.ts";
import { joinBytes } from "../../protocol/bytes.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import type { HeardAudio } from "./playback.ts";
import { endOf } from "./playback.ts";

/** A stretch of time, ms. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Below this a block counts as silence: the noise of a good telephone line lies under it, quiet speech above. */
export const AUDIBLE_DBFS = -45;

/** Levels are measured over blocks of this length: one frame of Twilio's. */
const blockMs = 20;
/** Audible blocks closer than this belong to one span: the pauses between words. */
const joinMs = 300;

/** Renders what was heard between two moments as PCMU, silence (0xFF) where nothing was played; at most what `keepMs` still holds. */
export function renderHeard(heard: HeardAudio, span: Span): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.round((span.untilMs - span.fromMs) * PCMU_BYTES_PER_MS))).fill(MULAW_SILENCE);
  for (const piece of heard.pieces) {
    if (endOf(piece) <= span.fromMs || piece.atMs >= span.untilMs) continue;
    const offset = Math.round((piece.atMs - span.fromMs) * PCMU_BYTES_PER_MS);
    const part = piece.bytes.subarray(Math.max(0, -offset), Math.max(0, bytes.length - offset));
    bytes.set(part, Math.max(0, offset));
  }
  return bytes;
}

/** Everything that was played, end to end, without the silence between: what the server sent, as far as it was heard. */
export function playedBytes(heard: HeardAudio): Uint8Array {
  return joinBytes(heard.pieces.map(({ bytes }) => bytes));
}

/** Level of one frequency in what was heard, dBFS; see toneLevelDbfs for what a block's length does. */
export function heardToneDbfs(heard: HeardAudio, span: Span, hz: number): number {
  return toneLevelDbfs(decodeMulaw(renderHeard(heard, span)), hz);
}

/** The stretches in which something could be heard, pauses under 300 ms included; to 20 ms. */
export function audibleSpans(heard: HeardAudio, minDbfs: number = AUDIBLE_DBFS): readonly Span[] {
  const spans: Span[] = [];
  for (const piece of heard.pieces) {
    for (const block of audibleBlocks(piece.atMs, piece.bytes, minDbfs)) {
      const last = spans.at(-1);
      if (last !== undefined && block.fromMs - last.untilMs < joinMs)
        spans[spans.length - 1] = { fromMs: last.fromMs, untilMs: block.untilMs };
      else spans.push(block);
    }
  }
  return spans;
}

function audibleBlocks(atMs: number, bytes: Uint8Array, minDbfs: number): Span[] {
  const samples = decodeMulaw(bytes);
  const size = blockMs * PCMU_BYTES_PER_MS;
  const blocks: Span[] = [];
  for (let start = 0; start < samples.length; start += size) {
    const block = samples.subarray(start, start + size);
    const fromMs = atMs + start / PCMU_BYTES_PER_MS;
    if (levelDbfs(block) >= minDbfs) blocks.push({ fromMs, untilMs: fromMs + block.length / PCMU_BYTES_PER_MS });
  }
  return blocks;
}
