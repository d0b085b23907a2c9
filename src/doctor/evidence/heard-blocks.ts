// What the caller heard in blocks of 20 ms, each with the time at which the server sent it: whether sound was sent in
// time and waited behind other audio, and whether it belongs to the reply that the caller interrupted. Pure.

import { decodeMulaw } from "../../audio/g711.ts";
import { levelDbfs } from "../../audio/level.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import { MAX_BUFFERED_MS } from "../../simulators/twilio/playback.ts";
import type { StreamFacts } from "./stream-facts.ts";

/** One of Twilio's frames. */
export const BLOCK_MS = 20;

export interface HeardBlock {
  readonly fromMs: number;
  readonly untilMs: number;
  /** When its message arrived. */
  readonly arrivedMs: number;
}

interface Piece {
  readonly fromMs: number;
  readonly arrivedMs: number;
  readonly bytes: Uint8Array;
}

/** The audible blocks, in order. Audio that a clear discarded, or that was still queued at the end, was not heard. */
export function audibleBlocks(stream: StreamFacts): readonly HeardBlock[] {
  return playedPieces(stream).flatMap(({ fromMs, arrivedMs, bytes }) => {
    const blocks: HeardBlock[] = [];
    const size = BLOCK_MS * PCMU_BYTES_PER_MS;
    for (let at = 0; at < bytes.length; at += size) {
      const block = bytes.subarray(at, at + size);
      if (levelDbfs(decodeMulaw(block)) < stream.audibleFromDbfs) continue;
      const blockMs = fromMs + at / PCMU_BYTES_PER_MS;
      blocks.push({ fromMs: blockMs, untilMs: blockMs + block.length / PCMU_BYTES_PER_MS, arrivedMs });
    }
    return blocks;
  });
}

/**
 * Milliseconds of audible sound that the server sent and that nobody heard, because the server ended the stream before
 * it was played. 0: it let Twilio play it, or the caller hung up.
 */
export function unplayedMs(stream: StreamFacts): number {
  if (stream.log.end?.by !== "server") return 0;
  const sent = playedPieces(stream, Number.POSITIVE_INFINITY);
  const size = BLOCK_MS * PCMU_BYTES_PER_MS;
  let blocks = 0;
  for (const { fromMs, bytes } of sent) {
    const heardBytes = Math.max(0, Math.ceil((stream.endAtMs - fromMs) * PCMU_BYTES_PER_MS));
    for (let at = heardBytes; at + size <= bytes.length; at += size)
      if (levelDbfs(decodeMulaw(bytes.subarray(at, at + size))) >= stream.audibleFromDbfs) blocks += 1;
  }
  return blocks * BLOCK_MS;
}

/** As simulators/twilio/playback.ts plays it: in order, one piece after the other, until a clear, and until `endMs`. */
function playedPieces({ fromServer, hungUpAtMs, endAtMs }: StreamFacts, endMs = hungUpAtMs ?? endAtMs): readonly Piece[] {
  const played: Piece[] = [];
  let queuedUntilMs = Number.NEGATIVE_INFINITY;
  const stopAt = (atMs: number): void => {
    queuedUntilMs = Math.min(queuedUntilMs, atMs);
    for (let last = played.at(-1); last !== undefined; last = played.at(-1)) {
      const bytes = last.bytes.subarray(0, Math.max(0, Math.floor((atMs - last.fromMs) * PCMU_BYTES_PER_MS)));
      if (bytes.length === last.bytes.length) return;
      played.pop();
      if (bytes.length > 0) return void played.push({ ...last, bytes });
    }
  };
  for (const { atMs, message } of fromServer) {
    if (atMs >= endMs) break;
    if (message?.type === "clear") stopAt(atMs);
    if (message?.type !== "media" || queuedUntilMs - atMs > MAX_BUFFERED_MS) continue;
    const bytes = Uint8Array.fromBase64(message.payload);
    const fromMs = Math.max(atMs, queuedUntilMs);
    played.push({ fromMs, arrivedMs: atMs, bytes });
    queuedUntilMs = fromMs + bytes.length / PCMU_BYTES_PER_MS;
  }
  stopAt(endMs);
  return played;
}
