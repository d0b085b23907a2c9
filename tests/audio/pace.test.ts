// measurePace on a tone with known pitch and rhythm, and on real speech at its own pace and slowed. Many voices:
// tests/doctor/evidence/sound.test.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { decodeMulaw } from "../../src/audio/g711.ts";
import { measurePace, paceScore } from "../../src/audio/pace.ts";
import { createUpsampler } from "../../src/audio/resample.ts";
import { promptAudio } from "../../src/simulators/openai/brains/prompts/prompts.ts";
import { readSpeech } from "./speech.ts";

/** A buzz of ten harmonics whose loudness comes and goes. */
function buzz(pitchHz: number, rhythmHz: number): Int16Array {
  return Int16Array.from({ length: 32_000 }, (_, i) => {
    const seconds = i / 8000;
    let sum = 0;
    for (let harmonic = 1; harmonic <= 10; harmonic++) sum += Math.sin(2 * Math.PI * pitchHz * harmonic * seconds);
    return 900 * sum * (1.05 + Math.sin(2 * Math.PI * rhythmHz * seconds));
  });
}

for (const [pitchHz, rhythmHz] of [
  [100, 4],
  [220, 3],
  [50, 2],
] as const) {
  test(`measurePace: finds ${pitchHz} Hz pulsing ${rhythmHz} times a second`, () => {
    const pace = measurePace(buzz(pitchHz, rhythmHz));
    assert(pace !== undefined);
    assert(Math.abs(pace.pitchHz - pitchHz) < 0.04 * pitchHz, `${pace.pitchHz}`);
    assert(pace.rhythmHz > 0.8 * rhythmHz && pace.rhythmHz < 1.8 * rhythmHz, `${pace.rhythmHz}`);
    assert(pace.pitchSpread < 0.05);
  });
}

test("measurePace: undefined without a voice", () => {
  assertEquals(measurePace(new Int16Array(16_000)), undefined);
  assertEquals(measurePace(new Int16Array(0)), undefined);
});

function score(samples: Int16Array): number {
  const pace = measurePace(samples.subarray(0, 96_000));
  assert(pace !== undefined);
  return paceScore(pace);
}

for (const [name, samples] of [
  ["a man", decodeMulaw(readSpeech())],
  ["a made voice", decodeMulaw(promptAudio("greeting"))],
] as const) {
  test(`paceScore: falls by more than 1.5 when ${name} speaks at half the pace, and by more at a third`, () => {
    const [own, half, third] = [score(samples), score(createUpsampler(16_000).push(samples)), score(createUpsampler(24_000).push(samples))];
    assert(own > -0.6 && half < own - 1.5 && third < half - 0.5, `${own} ${half} ${third}`);
  });
}
