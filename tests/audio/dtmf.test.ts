// DTMF tones, as the tests' own receiver hears them (tests/support/dtmf.ts).

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { DTMF_DIGITS, dtmfPayload } from "../../src/audio/dtmf.ts";
import { decodeMulaw } from "../../src/audio/g711.ts";
import { DTMF_KEYS, detectDtmf } from "../support/dtmf.ts";

const MS = 8;
const samplesOf = (digits: string): Int16Array => decodeMulaw(Buffer.from(dtmfPayload(digits), "base64"));

for (const key of DTMF_KEYS) {
  test(`dtmfPayload: ${key} is heard as ${key} for 100 ms, then there are 100 ms of silence`, () => {
    const samples = samplesOf(key);
    assertEquals(samples.length, 200 * MS);
    for (let ms = 0; ms + 25 <= 100; ms += 25) assertEquals(detectDtmf(samples.subarray(ms * MS, (ms + 25) * MS)), key);
    assertEquals(
      samples.subarray(100 * MS).every((sample) => sample === 0),
      true,
    );
  });
}

test("dtmfPayload: digits follow each other, and w waits for half a second", () => {
  const samples = samplesOf("1w2");
  assertEquals(samples.length, (200 + 500 + 200) * MS);
  assertEquals(detectDtmf(samples.subarray(0, 100 * MS)), "1");
  assertEquals(detectDtmf(samples.subarray(700 * MS, 800 * MS)), "2");
});

for (const [text, isDigits] of [
  ["0123456789*#ABCD", true],
  ["1w2", true],
  ["", false],
  ["12 3", false],
  ["E", false],
] as const) {
  test(`DTMF_DIGITS: ${JSON.stringify(text)}: ${isDigits}`, () => assertEquals(DTMF_DIGITS.test(text), isDigits));
}
