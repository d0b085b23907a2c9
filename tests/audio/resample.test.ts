// The resampler, both ways at every rate: what passes, what is blocked, and input cut at random places.

import { test } from "bun:test";
import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { decodeMulaw } from "../../src/audio/g711.ts";
import { levelDbfs } from "../../src/audio/level.ts";
import { createDownsampler, createUpsampler, RESAMPLER_DELAY_MS, type Resampler, type WideRateHz } from "../../src/audio/resample.ts";
import { renderTones, toneLevelDbfs } from "../../src/audio/tone.ts";
import { checkProperty } from "../support/properties.ts";
import { readSpeech } from "./speech.ts";

const narrowRateHz = 8000;
const wideRates: readonly WideRateHz[] = [16_000, 24_000, 48_000];
const inDbfs = -6;
const chord = [
  { hz: 700, dbfs: -9 },
  { hz: 2900, dbfs: -9 },
];
const passedHz = [50, 300, 1000, 2000, 3000, 3400];

/** Half a second of a tone through a resampler, without its run-up and its end. */
function steadyTone(resampler: Resampler, hz: number, fromRateHz: number, toRateHz: number): Int16Array {
  const out = resampler.push(renderTones([{ hz, dbfs: inDbfs }], 0, fromRateHz / 2, fromRateHz));
  return out.subarray(toRateHz / 20, toRateHz / 20 + (toRateHz * 2) / 5);
}

for (const wideHz of wideRates) {
  test(`createUpsampler(${wideHz}): flat within 0.5 dB to 3.4 kHz, every image at least 60 dB down`, () => {
    for (const hz of passedHz) {
      const out = steadyTone(createUpsampler(wideHz), hz, narrowRateHz, wideHz);
      assertAlmostEquals(toneLevelDbfs(out, hz, wideHz), inDbfs, 0.5, `${hz} Hz`);
      for (let k = narrowRateHz; k <= wideHz / 2; k += narrowRateHz) {
        assertLess(toneLevelDbfs(out, k - hz, wideHz), inDbfs - 60, `image of ${hz} Hz at ${k - hz} Hz`);
      }
      assertLess(levelDbfs(without(out, hz, wideHz)), inDbfs - 60, `all but ${hz} Hz`);
    }
  });

  test(`createDownsampler(${wideHz}): flat within 0.5 dB to 3.4 kHz`, () => {
    for (const hz of passedHz) {
      const out = steadyTone(createDownsampler(wideHz), hz, wideHz, narrowRateHz);
      assertAlmostEquals(toneLevelDbfs(out, hz), inDbfs, 0.5, `${hz} Hz`);
      assertLess(levelDbfs(without(out, hz, narrowRateHz)), inDbfs - 60, `all but ${hz} Hz`);
    }
  });

  test(`createDownsampler(${wideHz}): at least 60 dB down from 4.6 kHz to the end of the band`, () => {
    for (let hz = 4600; hz < wideHz / 2; hz += 100) {
      const out = steadyTone(createDownsampler(wideHz), hz, wideHz, narrowRateHz);
      assertLess(levelDbfs(out), inDbfs - 60, `${hz} Hz`);
    }
  });

  for (const { name, create, inHz } of [
    { name: "createUpsampler", create: () => createUpsampler(wideHz), inHz: narrowRateHz },
    { name: "createDownsampler", create: () => createDownsampler(wideHz), inHz: wideHz },
  ]) {
    const input = renderTones(chord, 0, 1200, inHz);
    const whole = run(create(), [input]);

    test(`${name}(${wideHz}): any cutting of the input gives the same samples`, () => {
      checkProperty(
        fc.property(fc.array(fc.nat(200), { maxLength: 30 }), (sizes) => {
          assertEquals([...run(create(), cut(input, sizes))], [...whole]);
        }),
      );
    });

    test(`${name}(${wideHz}): after flush it is as new`, () => {
      const used = create();
      run(used, [input.subarray(0, 333)]);
      assertEquals([...run(used, [input])], [...whole]);
    });

    test(`${name}(${wideHz}): the sum of two signals gives the sum of their outputs, but for rounding`, () => {
      const quiet = fc.int16Array({ minLength: 300, maxLength: 300, min: -8000, max: 8000 });
      checkProperty(
        fc.property(quiet, quiet, (a, b) => {
          const [outA, outB] = [run(create(), [a]), run(create(), [b])];
          const outSum = run(create(), [a.map((sample, i) => sample + (b[i] ?? 0))]);
          for (const [i, sum] of outSum.entries()) assert(Math.abs(sum - (outA[i] ?? 0) - (outB[i] ?? 0)) <= 2, `sample ${i}`);
        }),
      );
    });

    test(`${name}(${wideHz}): a constant stays that constant`, () => {
      const out = create().push(new Int16Array(2400).fill(30_000));
      const settled = out.subarray((out.length * 2) / 3);
      assertEquals([...new Set(settled)], [30_000]);
    });

    test(`${name}(${wideHz}): a full-scale square wave's overshoot is clipped, never wrapped round`, () => {
      const square = Int16Array.from({ length: 4000 }, (_, i) => (Math.floor(i / 40) % 2 === 0 ? 32_767 : -32_768));
      const out = run(create(), [square]);
      for (let i = 1; i < out.length; i++) assert(Math.abs((out[i] ?? 0) - (out[i - 1] ?? 0)) < 60_000, `sample ${i}`);
      assert(out.includes(32_767) && out.includes(-32_768));
    });
  }

  test(`createUpsampler(${wideHz}): n samples become n * ratio, and flush adds the delay`, () => {
    const ratio = wideHz / narrowRateHz;
    const up = createUpsampler(wideHz);
    assertEquals([up.push(new Int16Array(160)).length, up.push(new Int16Array(0)).length], [160 * ratio, 0]);
    assertEquals(up.flush().length, (RESAMPLER_DELAY_MS * wideHz) / 1000);
  });

  test(`createDownsampler(${wideHz}): n samples become ceil(n / ratio), and flush adds the delay`, () => {
    const ratio = wideHz / narrowRateHz;
    for (const count of [0, 1, ratio, ratio + 1, 160 * ratio, 1001]) {
      const down = createDownsampler(wideHz);
      assertEquals([count, down.push(new Int16Array(count)).length], [count, Math.ceil(count / ratio)]);
      assertEquals(down.flush().length, RESAMPLER_DELAY_MS * 8);
    }
  });

  test(`createUpsampler(${wideHz}), createDownsampler(${wideHz}): a click comes out ${RESAMPLER_DELAY_MS} ms later`, () => {
    const narrow = new Int16Array(100);
    narrow[50] = 20_000;
    const up = run(createUpsampler(wideHz), [narrow]);
    assertEquals(loudestIndex(up), ((50 * 1000) / narrowRateHz + RESAMPLER_DELAY_MS) * (wideHz / 1000));
    assertEquals(loudestIndex(run(createDownsampler(wideHz), [up])), 50 + 2 * RESAMPLER_DELAY_MS * 8);
  });

  test(`createUpsampler(${wideHz}), createDownsampler(${wideHz}): speech there and back is the same speech`, () => {
    const speech = decodeMulaw(readSpeech().subarray(8000, 24_000));
    const back = run(createDownsampler(wideHz), [run(createUpsampler(wideHz), [speech])]).subarray(2 * RESAMPLER_DELAY_MS * 8);
    const error = speech.map((sample, i) => sample - (back[i] ?? 0));
    assertLess(levelDbfs(error), levelDbfs(speech) - 40);
  });
}

/** The signal less its own tone of `hz`, fitted in amplitude and phase. */
function without(samples: Int16Array, hz: number, rateHz: number): Int16Array {
  const wave = (turn: number) => Float64Array.from(samples, (_, i) => Math.sin(2 * Math.PI * ((hz * i) / rateHz + turn)));
  const parts = [wave(0), wave(0.25)].map((basis) => {
    const weight = basis.reduce((sum, value, i) => sum + value * (samples[i] ?? 0), 0) / (samples.length / 2);
    return basis.map((value) => value * weight);
  });
  return samples.map((sample, i) => Math.round(sample - (parts[0]?.[i] ?? 0) - (parts[1]?.[i] ?? 0)));
}

function run(resampler: Resampler, chunks: readonly Int16Array[]): Int16Array {
  const out = [...chunks.map((chunk) => resampler.push(chunk)), resampler.flush()];
  return Int16Array.from(out.flatMap((part) => [...part]));
}

function cut(input: Int16Array, sizes: readonly number[]): Int16Array[] {
  const chunks: Int16Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(input.subarray(at, at + size));
    at += size;
  }
  return [...chunks, input.subarray(at)];
}

function loudestIndex(samples: Int16Array): number {
  return samples.indexOf(Math.max(...samples));
}
