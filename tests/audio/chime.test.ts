// The chime has the stated length, level and notes, and no click at its ends.

import { test } from "bun:test";
import { Buffer } from "node:buffer";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { chime } from "../../src/audio/chime.ts";
import { decodeMulaw } from "../../src/audio/g711.ts";
import { toneLevelDbfs } from "../../src/audio/tone.ts";

const samples = decodeMulaw(Buffer.from(chime(), "base64"));

test("chime: 400 ms of two notes, each at -25 dBFS in its middle", () => {
  assertEquals(samples.length, 3_200);
  assertAlmostEquals(toneLevelDbfs(samples.subarray(400, 1_200), 523.25), -25, 0.5);
  assertAlmostEquals(toneLevelDbfs(samples.subarray(2_000, 2_800), 659.26), -25, 0.5);
});

test("chime: each note begins and ends in silence", () => {
  for (const at of [0, 1_599, 1_600, 3_199]) assert(Math.abs(samples[at] ?? 1) <= 8, `sample ${at} is ${samples[at]}`);
});
