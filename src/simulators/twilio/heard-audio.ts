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

/**
 * The spans in which something was audible, pauses under 300 ms included. Accurate to 20 ms. The background of a
 * stream that never falls silent, such as the noise of an office, counts as silence.
 */
export function audibleSpans(heard: HeardAudio): readonly Span[] {
  const blocks = blocksOf(heard);
  const minDbfs = audibleLevel(blocks);
  const spans: Span[] = [];
  for (const { fromMs, untilMs, dbfs } of blocks) {
    if (dbfs < minDbfs) continue;
    const last = spans.at(-1);
    if (last !== undefined && fromMs - last.untilMs < joinMs) spans[spans.length - 1] = { fromMs: last.fromMs, untilMs };
    else spans.push({ fromMs, untilMs });
  }
  return spans;
}

/** A quieter block of this audio counts as silence, dBFS: AUDIBLE_DBFS, or just above its background. */
export function audibleFromDbfs(heard: HeardAudio): number {
  return audibleLevel(blocksOf(heard));
}

interface Block extends Span {
  readonly dbfs: number;
}

function blocksOf({ pieces }: HeardAudio): readonly Block[] {
  const size = blockMs * PCMU_BYTES_PER_MS;
  const blocks: Block[] = [];
  for (const { atMs, bytes } of pieces) {
    const samples = decodeMulaw(bytes);
    for (let start = 0; start < samples.length; start += size) {
      const block = samples.subarray(start, start + size);
      const fromMs = atMs + start / PCMU_BYTES_PER_MS;
      blocks.push({ fromMs, untilMs: fromMs + block.length / PCMU_BYTES_PER_MS, dbfs: levelDbfs(block) });
    }
  }
  return blocks;
}

/** Background is looked for in chunks of this length, of which some in a row must have nothing else. */
const chunkMs = 400;
/** 2 s: longer than a pause in speech. */
const quietChunks = 5;
/** 4 s. In less audio, nothing is known to be background. */
const minChunks = 10;
/** A stream that plays less of the time falls silent between its replies, and has no background. */
const minPlayedShare = 0.7;
/** A voice is so much louder than the background behind it. */
const voiceAboveDb = 12;
/** Without a voice: a steady sound varies less than speech, and is quieter. */
const steadyDb = 8;
const maxSteadyDbfs = -30;
/** Above the loudest block of the background. */
const marginDb = 3;

function audibleLevel(blocks: readonly Block[]): number {
  const quietest = quietestChunks(blocks);
  if (quietest + marginDb <= AUDIBLE_DBFS) return AUDIBLE_DBFS;
  const levels = blocks.map(({ dbfs }) => dbfs).sort((one, other) => one - other);
  const levelAt = (share: number): number => levels[Math.floor((levels.length - 1) * share)] ?? 0;
  const isBehindVoice = levelAt(0.95) >= quietest + voiceAboveDb;
  const isSteady = quietest <= maxSteadyDbfs && quietest - levelAt(0.05) <= steadyDb;
  return isBehindVoice || isSteady ? quietest + marginDb : AUDIBLE_DBFS;
}

/** The loudest block of the quietest 2 s, dBFS. -Infinity: nothing was played for 2 s, or there is too little audio. */
function quietestChunks(blocks: readonly Block[]): number {
  const startMs = blocks[0]?.fromMs ?? 0;
  const count = Math.floor(((blocks.at(-1)?.untilMs ?? 0) - startMs) / chunkMs);
  if (count < minChunks) return Number.NEGATIVE_INFINITY;
  const loudest = new Array<number>(count).fill(Number.NEGATIVE_INFINITY);
  let playedMs = 0;
  for (const { fromMs, untilMs, dbfs } of blocks) {
    const at = Math.min(count - 1, Math.floor((fromMs - startMs) / chunkMs));
    loudest[at] = Math.max(loudest[at] ?? 0, dbfs);
    playedMs += untilMs - fromMs;
  }
  if (playedMs < count * chunkMs * minPlayedShare) return Number.NEGATIVE_INFINITY;
  const windows = Array.from({ length: count - quietChunks + 1 }, (_, at) => Math.max(...loudest.slice(at, at + quietChunks)));
  return Math.min(...windows);
}
