// predictionGainDb on signals whose predictability is known.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { decodeMulaw } from "../../src/audio/g711.ts";
import { meanOf, predictionGainDb } from "../../src/audio/prediction.ts";
import { renderTones } from "../../src/audio/tone.ts";
import { readSpeech } from "./speech.ts";

function noise(length: number): Int16Array {
  let state = 1;
  return Int16Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0; // Numerical Recipes, 2nd edition, 7.1
    return state >> 18;
  });
}

test("predictionGainDb: white noise cannot be predicted", () => assert(predictionGainDb(noise(4_096), 4) < 0.2));

test("predictionGainDb: a tone is nearly determined by the two samples before", () => {
  assert(predictionGainDb(renderTones([{ hz: 700, dbfs: -10 }], 0, 512), 2) > 25);
});

test("predictionGainDb: a first-order process gains 1 / (1 - a^2)", () => {
  let last = 0;
  const samples = noise(40_000).map((value) => {
    last = 0.9 * last + value / 8;
    return last;
  });
  const expected = 10 * Math.log10(1 / (1 - 0.9 ** 2));
  assert(Math.abs(predictionGainDb(samples, 1) - expected) < 0.3);
});

test("predictionGainDb: level and DC offset make no difference", () => {
  const speech = decodeMulaw(readSpeech()).subarray(8_000, 8_512);
  const gain = predictionGainDb(speech, 10);
  assert(gain > 5);
  assert(
    Math.abs(
      predictionGainDb(
        speech.map((sample) => sample / 2 + 3_000),
        10,
      ) - gain,
    ) < 0.5,
  );
});

test("predictionGainDb: 0 for a constant block and for an empty one", () => {
  assertEquals([predictionGainDb(new Int16Array(512).fill(99), 4), predictionGainDb(new Int16Array(0), 4)], [0, 0]);
});

test("meanOf: is the DC offset", () => assertEquals([meanOf(Int16Array.of(1, 2, 6)), meanOf(new Int16Array(0))], [3, 0]));
