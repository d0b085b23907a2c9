// The doctor's own speech is the beginning of the recording in tests/data.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { decodeMulaw } from "../../../src/audio/g711.ts";
import { levelDbfs } from "../../../src/audio/level.ts";
import { callersInterruption, callersSpeech } from "../../../src/doctor/probe/callers-speech.ts";
import { readSpeech } from "../../audio/speech.ts";

test("callersSpeech: is 1.8 s of the recording", () => {
  assertEquals(callersSpeech(), readSpeech().slice(2_240, 16_640));
});

test("callersInterruption: is loud throughout, without a pause of 200 ms", () => {
  const samples = decodeMulaw(callersInterruption());
  assert(samples.length > 1_400 * 8);
  for (let at = 0; at + 1_600 <= samples.length; at += 400) assert(levelDbfs(samples.subarray(at, at + 1_600)) > -30, `at ${at / 8} ms`);
});
