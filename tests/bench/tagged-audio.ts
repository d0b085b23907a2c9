// Audio that says which frame it is: base64 of PCMU whose first 9 bytes hold the call and the frame's number, one
// nibble a byte, as quiet as the line noise after them. So the meter recognises a frame wherever a server puts it, and
// a server that looks at the level hears a quiet line.

import { Buffer } from "node:buffer";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** 9 bytes in base64. */
const TAG_CHARS = 12;
const TAG_BYTES = 9;
/** PCMU: 8,000 samples a second, a byte each (RFC 3551 4.5.14). */
const BYTES_PER_MS = 8;
/** Mu-law codes of the least levels: 0xF0 to 0xFF below zero, 0x70 to 0x7F above (ITU-T G.711, table 2a). */
const QUIET_BELOW = 0xf0;
const QUIET_ABOVE = 0x70;
/** Three nibbles as four characters. */
const groups: readonly string[] = Array.from({ length: 4096 }, (_, value) =>
  Buffer.from([QUIET_BELOW | (value >> 8), QUIET_BELOW | ((value >> 4) & 15), QUIET_BELOW | (value & 15)]).toString("base64"),
);
const sextets = new Int32Array(256).fill(-1);
for (let i = 0; i < 64; i += 1) sextets[ALPHABET.charCodeAt(i)] = i;

/** Noise at the end of a frame of `ms` milliseconds: all but the tag. */
export function noiseAfterTag(ms: number): string {
  const noise = Buffer.alloc(ms * BYTES_PER_MS - TAG_BYTES);
  for (let i = 0, seed = 1; i < noise.length; i += 1) {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    noise[i] = QUIET_ABOVE | ((seed >> 16) & 15);
  }
  return noise.toString("base64");
}

/** `call` is below 4,096, `frame` below 16,777,216. */
export function tag(call: number, frame: number): string {
  return `${groups[call]}${groups[frame >> 12]}${groups[frame & 4095]}`;
}

/** Reads group 0 (the call) or the frame's halves; -1 when there is no tag. */
function group(bytes: Buffer, at: number): number {
  const bits =
    ((sextets[bytes[at] ?? 0] ?? -1) << 18) |
    ((sextets[bytes[at + 1] ?? 0] ?? -1) << 12) |
    ((sextets[bytes[at + 2] ?? 0] ?? -1) << 6) |
    (sextets[bytes[at + 3] ?? 0] ?? -1);
  if (bits < 0 || (bits & 0xf0f0f0) !== 0xf0f0f0) return -1;
  return ((bits >> 8) & 0xf00) | ((bits >> 4) & 0xf0) | (bits & 0xf);
}

/** The call of the audio at `at` to `to`; -1 when no tag is there: the rest of a frame that was cut into slices. */
export function callOf(bytes: Buffer, at: number, to: number): number {
  return to - at < TAG_CHARS ? -1 : group(bytes, at);
}

/** The number of the frame at `at`, which has a tag. */
export function frameOf(bytes: Buffer, at: number): number {
  return (group(bytes, at + 4) << 12) | group(bytes, at + 8);
}

/** Milliseconds of the base64 audio at `from` to `to`. */
export function durationMs(bytes: Buffer, from: number, to: number): number {
  const padding = bytes[to - 2] === 61 ? 2 : bytes[to - 1] === 61 ? 1 : 0;
  return (((to - from) / 4) * 3 - padding) / BYTES_PER_MS;
}
