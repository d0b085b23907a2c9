// What the selftest's callers and models say.

import { test } from "bun:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { decodeMulaw } from "../../src/audio/g711.ts";
import { levelDbfs } from "../../src/audio/level.ts";
import { toneLevelDbfs } from "../../src/audio/tone.ts";
import { noise, speech, tone } from "../../src/selftest/sounds.ts";

test("tone: of the length given, and nothing but the tone", () => {
  const samples = decodeMulaw(tone(620, 300));
  assertEquals(samples.length, 2_400);
  assert(Math.abs(toneLevelDbfs(samples, 620) + 12) < 1);
});

test("noise: equal for equal seeds, loud, and no 8 ms of it occur twice", () => {
  const bytes = noise(1, 6_000);
  assertEquals(bytes, noise(1, 6_000));
  assertNotEquals(bytes, noise(2, 6_000));
  assert(levelDbfs(decodeMulaw(bytes)) > -20);
  const places = Array.from({ length: bytes.length - 64 }, (_, at) => bytes.slice(at, at + 64).toBase64());
  assertEquals(new Set(places).size, places.length);
});

test("speech: of the length given, loud enough for voice detection from its first 200 ms on", () => {
  const bytes = speech(1_200);
  assertEquals(bytes.length, 9_600);
  assert(levelDbfs(decodeMulaw(bytes.subarray(0, 1_600))) > -35);
});
