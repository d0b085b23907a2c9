// Measures what the caller heard by the signal itself, not by counting messages: rendered bytes, audible spans, the
// level of a tone. No speech recognition.

import { decodeMulaw, MULAW_SILENCE } from "../../audio/g711.ts";
import { levelDbfs } from "../../audio/level.ts";
import { toneLevelDbfs } from "../../audio/tone.ts";
import { joinBytes } from "../../protocol/bytes.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import type { HeardAudio } from "./playback.ts";
import { endOf } from "./playback.ts";

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A quieter block counts as silence. The noise of a good telephone line is below this level, quiet speech above. */
export const AUDIBLE_DBFS = -45;

/** Levels are measured over blocks of this length: one of Twilio's frames. */
const blockMs = 20;
/** Audible blocks closer than this belong to one span, so that pauses between words do not split it. */
const joinMs = 300;

/**
 * The audio heard in a span as PCMU, with silence (0xFF) where nothing was played. Audio older than `keepMs` is gone.
 */
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

/** All audio played, joined without the silence between: what the server sent, as far as it was heard. */
export function playedBytes(heard: HeardAudio): Uint8Array {
  return joinBytes(heard.pieces.map(({ bytes }) => bytes));
}

/** The level of one frequency in a span, dBFS. See toneLevelDbfs for the effect of the span's length. */
export function heardToneDbfs(heard: HeardAudio, span: Span, hz: number): number {
  return toneLevelDbfs(decodeMulaw(renderHeard(heard, span)), hz);
}

/** The spans in which something was audible, pauses under 300 ms included. Accurate to 20 ms. */
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
