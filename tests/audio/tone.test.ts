// Tones rendered and measured, against each other and against known numbers.

import { test } from "bun:test";
import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { decodeMulaw, encodeMulaw } from "../../src/audio/g711.ts";
import { SILENCE_DBFS } from "../../src/audio/level.ts";
import { renderTones, toneLevelDbfs } from "../../src/audio/tone.ts";
import { checkProperty } from "../support/properties.ts";

test("renderTones: a quarter of the rate gives zero, peak, zero, trough", () => {
  assertEquals([...renderTones([{ hz: 2000, dbfs: 0 }], 0, 5)].map(Math.abs), [0, 32_767, 0, 32_767, 0]);
});

test("renderTones: blocks of any size join without a jump", () => {
  const tones = [
    { hz: 440, dbfs: -12 },
    { hz: 1234.5, dbfs: -20 },
  ];
  const whole = renderTones(tones, 0, 2000);
  checkProperty(
    fc.property(fc.integer({ min: 0, max: 1999 }), fc.integer({ min: 0, max: 200 }), (from, count) => {
      assertEquals([...renderTones(tones, from, count)].slice(0, 2000 - from), [...whole.slice(from, from + count)]);
    }),
  );
});

test("renderTones: is still exact an hour into the tone", () => {
  const hour = 3600 * 8000;
  assertEquals([...renderTones([{ hz: 1000, dbfs: -10 }], hour, 160)], [...renderTones([{ hz: 1000, dbfs: -10 }], 0, 160)]);
});

test("renderTones: a sum beyond full scale is clipped and does not wrap", () => {
  const loud = { hz: 2000, dbfs: 0 };
  assertEquals(renderTones([loud, loud], 0, 4)[1], 32_767);
  assertEquals(renderTones([loud, loud], 0, 4)[3], -32_768);
});

for (const { hz, rateHz, count } of [
  { hz: 400, rateHz: 8000, count: 160 },
  { hz: 1000, rateHz: 8000, count: 160 },
  { hz: 3400, rateHz: 8000, count: 4000 },
  { hz: 1000, rateHz: 24_000, count: 480 },
]) {
  test(`toneLevelDbfs: ${hz} Hz in whole periods at ${rateHz} Hz measures its level, and nothing an octave away`, () => {
    const samples = renderTones([{ hz, dbfs: -20 }], 77, count, rateHz);
    assertAlmostEquals(toneLevelDbfs(samples, hz, rateHz), -20, 0.05);
    assertLess(toneLevelDbfs(samples, hz / 2, rateHz), -80);
  });
}

test("toneLevelDbfs: any tone of 5 periods or more measures within 1 dB, whatever its phase", () => {
  const hz = fc.double({ min: 300, max: 3400, noNaN: true });
  checkProperty(
    fc.property(hz, fc.nat(8000), fc.integer({ min: 160, max: 1600 }), (hz, from, count) => {
      assertAlmostEquals(toneLevelDbfs(renderTones([{ hz, dbfs: -15 }], from, count), hz), -15, 1);
    }),
  );
});

test("toneLevelDbfs: finds a quiet tone next to a loud one, through mu-law", () => {
  const both = renderTones(
    [
      { hz: 500, dbfs: -10 },
      { hz: 1500, dbfs: -30 },
    ],
    0,
    1600,
  );
  const heard = decodeMulaw(encodeMulaw(both));
  assertAlmostEquals(toneLevelDbfs(heard, 500), -10, 0.2);
  assertAlmostEquals(toneLevelDbfs(heard, 1500), -30, 0.5);
});

test("toneLevelDbfs: silence and an empty block measure the floor", () => {
  assertEquals(toneLevelDbfs(new Int16Array(160), 1000), SILENCE_DBFS);
  assertEquals(toneLevelDbfs(new Int16Array(0), 1000), SILENCE_DBFS);
  assert(Number.isFinite(toneLevelDbfs(Int16Array.of(1), 0)));
});
