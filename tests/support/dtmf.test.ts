// Key presses are rendered and recognised; nothing else is taken for one.

import { test } from "bun:test";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeMulaw, encodeMulaw } from "../../src/audio/g711.ts";
import { renderTones, toneLevelDbfs } from "../../src/audio/tone.ts";
import { readSpeech } from "../audio/speech.ts";
import { DTMF_KEYS, detectDtmf, dtmfTones, renderDtmf } from "./dtmf.ts";
import { checkProperty } from "./properties.ts";

/** The block that 8 kHz receivers commonly take: about 25 ms. */
const block = 205;

// ITU-T Q.23, the table in paragraph 4.
const q23 = { "1": [697, 1209], "2": [697, 1336], "3": [697, 1477], A: [697, 1633], "5": [770, 1336], "9": [852, 1477] } as const;
const q23LastRow = { "*": [941, 1209], "0": [941, 1336], "#": [941, 1477], D: [941, 1633] } as const;

test("dtmfTones: Q.23's frequencies", () => {
  for (const [key, hz] of Object.entries({ ...q23, ...q23LastRow })) {
    assertEquals(
      dtmfTones(key as keyof typeof q23).map((tone) => tone.hz),
      [...hz],
    );
  }
});

test("renderDtmf: both tones have the requested level", () => {
  const samples = renderDtmf("5", 800, -15);
  for (const hz of [770, 1336]) assertAlmostEquals(toneLevelDbfs(samples, hz), -15, 0.3);
});

for (const key of DTMF_KEYS) {
  test(`detectDtmf: key ${key} at every level from -6 to -35 dBFS, whatever its phase, and through mu-law`, () => {
    checkProperty(
      fc.property(fc.integer({ min: -35, max: -6 }), fc.nat(8000), fc.constantFrom(160, block, 320, 800), (dbfs, from, count) => {
        const pressed = decodeMulaw(encodeMulaw(renderTones(dtmfTones(key, dbfs), from, count)));
        assertEquals(detectDtmf(pressed), key);
      }),
    );
  });
}

test("detectDtmf: frequencies off by 1.5 % are still the key (Q.24), by 3.5 % they are not", () => {
  for (const key of DTMF_KEYS) {
    for (const off of [-0.015, 0.015]) assertEquals(detectDtmf(offKey(key, off)), key);
    for (const off of [-0.035, 0.035]) assertEquals(detectDtmf(offKey(key, off)), undefined);
  }
});

for (const { name, low, high, expected } of [
  { name: "low tone 6 dB stronger", low: -10, high: -16, expected: "5" },
  { name: "low tone 10 dB stronger", low: -10, high: -20, expected: undefined },
  { name: "high tone 3 dB stronger", low: -13, high: -10, expected: "5" },
  { name: "high tone 6 dB stronger", low: -16, high: -10, expected: undefined },
  { name: "both at -55 dBFS", low: -55, high: -55, expected: undefined },
]) {
  test(`detectDtmf: ${name}: ${expected ?? "no key"}`, () => {
    const tones = [
      { hz: 770, dbfs: low },
      { hz: 1336, dbfs: high },
    ];
    assertEquals(detectDtmf(renderTones(tones, 0, block)), expected as "5" | undefined);
  });
}

for (const { name, hz } of [
  { name: "one tone", hz: [770] },
  { name: "dial tone", hz: [350, 440] },
  { name: "two tones of one group", hz: [697, 941] },
  { name: "three tones", hz: [697, 852, 1336] },
  { name: "a key and another tone", hz: [770, 1336, 2100] },
]) {
  test(`detectDtmf: ${name} is not a key`, () => {
    const tones = hz.map((hz) => ({ hz, dbfs: -12 }));
    assertEquals(detectDtmf(renderTones(tones, 0, block)), undefined);
  });
}

test("detectDtmf: two tones of one group within 6 dB are not a key, even if the rest fits", () => {
  const tones = [
    { hz: 697, dbfs: -10 },
    { hz: 852, dbfs: -14 },
    { hz: 1336, dbfs: -8 },
  ];
  assertEquals(detectDtmf(renderTones(tones, 0, block)), undefined);
});

test("detectDtmf: silence, an empty block and one under 20 ms are not a key", () => {
  assertEquals(detectDtmf(new Int16Array(block)), undefined);
  assertEquals(detectDtmf(new Int16Array(0)), undefined);
  assertEquals(detectDtmf(renderDtmf("5", 159)), undefined);
});

test("detectDtmf: 11 s of speech contain no key", () => {
  const speech = decodeMulaw(readSpeech());
  for (let at = 0; at + block <= speech.length; at += 40) {
    assertEquals([at, detectDtmf(speech.subarray(at, at + block))], [at, undefined]);
  }
});

test("detectDtmf: at another rate", () => {
  assertEquals(detectDtmf(renderDtmf("7", 600, -10, 24_000), 24_000), "7");
});

function offKey(key: (typeof DTMF_KEYS)[number], off: number): Int16Array {
  const tones = dtmfTones(key).map(({ hz, dbfs }) => ({ hz: hz * (1 + off), dbfs }));
  return renderTones(tones, 0, block);
}
