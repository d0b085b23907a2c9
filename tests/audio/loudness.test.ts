// Signals of known level, and real speech against its pauses.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeMulaw, encodeMulaw } from "../../src/audio/g711.ts";
import { levelDbfs } from "../../src/audio/level.ts";
import { isLoud } from "../../src/audio/loudness.ts";
import { renderTones } from "../../src/audio/tone.ts";
import { checkProperty } from "../support/properties.ts";
import { readSpeech } from "./speech.ts";

const FRAME_BYTES = 160;

/** How many of the signal's frames of 20 ms are loud, 0 to 1. */
function loudShare(codes: Uint8Array): number {
  const frames = framesOf(codes);
  return frames.filter(isLoudFrame).length / frames.length;
}

function framesOf(codes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: Math.floor(codes.length / FRAME_BYTES) }, (_, at) =>
    codes.subarray(at * FRAME_BYTES, (at + 1) * FRAME_BYTES),
  );
}

function isLoudFrame(codes: Uint8Array): boolean {
  return isLoud(Buffer.from(codes).toString("base64"));
}

/**
 * One second of white noise, seeded: xorshift32, G. Marsaglia, Journal of Statistical Software 8(14). Its level as
 * `levelDbfs` measures it.
 */
function noise(dbfs: number): Uint8Array {
  let state = 2_463_534_242;
  const white = Float64Array.from({ length: 8_000 }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
  // White noise between -1 and 1 has a power of 1/3, a sine at 0 dBFS of 1/2.
  const scale = 32_767 * 10 ** (dbfs / 20) * Math.sqrt(3 / 2);
  return encodeMulaw(Int16Array.from(white, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * scale)))));
}

for (const code of [0xff, 0x7f]) {
  test(`isLoud: silence (${code.toString(16)}) is not`, () => assertEquals(loudShare(new Uint8Array(1_600).fill(code)), 0));
}

for (const code of [0x80, 0x00]) {
  test(`isLoud: the loudest code (${code.toString(16)}) is`, () => assertEquals(loudShare(new Uint8Array(1_600).fill(code)), 1));
}

const noises: readonly (readonly [dbfs: number, share: number])[] = [
  [-60, 0],
  [-45, 0],
  [-35, 0],
  [-20, 1],
  [-10, 1],
];
for (const [dbfs, share] of noises) test(`isLoud: noise at ${dbfs} dBFS: ${share}`, () => assertEquals(loudShare(noise(dbfs)), share));

test("noise: has the stated level", () => assert(Math.abs(levelDbfs(decodeMulaw(noise(-45))) + 45) < 0.5));

const tones: readonly (readonly [hz: number, dbfs: number, share: number])[] = [
  [440, -50, 0],
  [440, -36, 0],
  [440, -24, 1],
  [1_004, -10, 1],
  [200, -24, 1],
  [3_000, -24, 1],
];
for (const [hz, dbfs, share] of tones) {
  test(`isLoud: a tone of ${hz} Hz at ${dbfs} dBFS: ${share}`, () => {
    assertEquals(loudShare(encodeMulaw(renderTones([{ hz, dbfs }], 1_000, 8_000))), share);
  });
}

test("isLoud: in real speech, frames from -25 dBFS are, pauses below -38 are not", () => {
  const frames = framesOf(readSpeech()).map((codes) => ({ dbfs: levelDbfs(decodeMulaw(codes)), loud: isLoudFrame(codes) }));
  const words = frames.filter(({ dbfs }) => dbfs >= -25);
  const pauses = frames.filter(({ dbfs }) => dbfs < -38);
  assert(words.length > 200 && pauses.length > 10, `${words.length} frames of words, ${pauses.length} of pauses`);
  assert(words.filter(({ loud }) => loud).length >= words.length * 0.95);
  assertEquals(pauses.filter(({ loud }) => loud).length, 0);
});

test("isLoud: an empty payload and less than a byte are not", () => assertEquals(["", "A", "="].map(isLoud), [false, false, false]));

test("isLoud: is total: any text gives a boolean", () => {
  checkProperty(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.base64String()), (text) => typeof isLoud(text) === "boolean"));
});
