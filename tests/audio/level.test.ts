// Signals of known level.

import { test } from "bun:test";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { decodeMulaw } from "../../src/audio/g711.ts";
import { dbfsToPeak, levelDbfs, peakToDbfs, SILENCE_DBFS } from "../../src/audio/level.ts";
import { renderTones } from "../../src/audio/tone.ts";
import { readSpeech } from "./speech.ts";

for (const dbfs of [0, -3, -20, -40, -60]) {
  test(`levelDbfs: a sine at ${dbfs} dBFS measures that`, () => {
    assertAlmostEquals(levelDbfs(renderTones([{ hz: 1000, dbfs }], 0, 8000)), dbfs, 0.1);
  });
}

test("levelDbfs: a full-scale square wave is 3.01 dB above a full-scale sine", () => {
  assertAlmostEquals(levelDbfs(Int16Array.from({ length: 800 }, (_, i) => (i % 8 < 4 ? 32_767 : -32_767))), 3.01, 0.01);
});

test("levelDbfs: silence and no samples measure the floor, not minus infinity", () => {
  assertEquals(levelDbfs(new Int16Array(160)), SILENCE_DBFS);
  assertEquals(levelDbfs(new Int16Array(0)), SILENCE_DBFS);
});

test("levelDbfs: measures the loudest samples without overflow", () => {
  assertAlmostEquals(levelDbfs(new Int16Array(100_000).fill(-32_768)), 3.01, 0.01);
});

test("levelDbfs: speech measures as sox measures it", () => {
  // sox -t ul -r 8000 -c 1 jfk.ulaw -n stats: "RMS lev dB" -16.94, which takes a square wave as 0.
  assertAlmostEquals(levelDbfs(decodeMulaw(readSpeech())), -16.94 + 3.01, 0.01);
});

test("dbfsToPeak: is the inverse of peakToDbfs", () => {
  for (const peak of [1, 100, 32_767]) assertAlmostEquals(dbfsToPeak(peakToDbfs(peak)), peak, 1e-6);
  assert(peakToDbfs(0) === SILENCE_DBFS);
});
