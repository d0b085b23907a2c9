// G.711 against the standard's tables as sox renders them, all codes and all samples, and against the ITU's software
// tool library.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw, MULAW_SILENCE, transcodeAlawToMulaw } from "../../src/audio/g711.ts";
import { checkProperty } from "../support/properties.ts";
import { allSamples, type Difference, differences, ituAlaw, ituMulaw, type Run, tableOfRuns } from "./g711-reference.ts";
import known from "./vectors/g711-differences.json" with { type: "json" };
import sox from "./vectors/g711-sox.json" with { type: "json" };

const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code);

/** The code's number in its half, 0 the quietest: mu-law inverts all bits on the line, A-law every other. */
const mulawNumber = (code: number) => ~code & 0x7f;
const alawNumber = (code: number) => (code ^ 0x55) & 0x7f;

/** Half of the width of a code's interval: 8 segments that double (tables 1a and 2a); A-law's first two are alike. */
const mulawHalfStep = (code: number) => 4 << (mulawNumber(code) >> 4);
const alawHalfStep = (code: number) => 8 << Math.max(0, (alawNumber(code) >> 4) - 1);

const laws = [
  {
    law: "Mulaw",
    decode: decodeMulaw,
    encode: encodeMulaw,
    itu: ituMulaw,
    sox: sox.mulaw,
    known: known.mulaw,
    number: mulawNumber,
    halfStep: mulawHalfStep,
    grain: 4,
    loudest: 32_635,
  },
  {
    law: "Alaw",
    decode: decodeAlaw,
    encode: encodeAlaw,
    itu: ituAlaw,
    sox: sox.alaw,
    known: known.alaw,
    number: alawNumber,
    halfStep: alawHalfStep,
    grain: 16,
    loudest: 32_768,
  },
];

// ITU-T G.711, tables 1a, 1b, 2a and 2b: the last column, times 4 (mu-law, 14 bits) and 8 (A-law, 13 bits).
const printedValues = [
  { law: "Mulaw", code: 0x80, sample: 8031 * 4 },
  { law: "Mulaw", code: 0x8f, sample: 4191 * 4 },
  { law: "Mulaw", code: 0xef, sample: 33 * 4 },
  { law: "Mulaw", code: 0xfe, sample: 2 * 4 },
  { law: "Mulaw", code: 0xff, sample: 0 },
  { law: "Mulaw", code: 0x7f, sample: 0 },
  { law: "Mulaw", code: 0x00, sample: -8031 * 4 },
  { law: "Alaw", code: 0xff ^ 0x55, sample: 4032 * 8 },
  { law: "Alaw", code: 0x80 ^ 0x55, sample: 1 * 8 },
  { law: "Alaw", code: 0x00 ^ 0x55, sample: -1 * 8 },
  { law: "Alaw", code: 0xc0 ^ 0x55, sample: 264 * 8 },
];

for (const { law, decode, encode, itu, sox, known, number, halfStep, grain, loudest } of laws) {
  const ours = encode(allSamples);

  test(`decode${law}: all 256 codes give the values of G.711's tables, as sox renders them`, () => {
    assertEquals([...decode(everyCode)], sox.decoded);
  });

  test(`decode${law}: the values printed in G.711's tables`, () => {
    for (const { code, sample } of printedValues.filter((value) => value.law === law)) {
      assertEquals([code, ...decode(Uint8Array.of(code))], [code, sample]);
    }
  });

  test(`encode${law}: of all 65,536 samples, only the listed ones differ from ITU-T G.191`, () => {
    assertEquals(differences(ours, Uint8Array.from(allSamples, itu)), known.itu as unknown as Difference[]);
  });

  test(`encode${law}: of all 65,536 samples, only the listed ones differ from sox`, () => {
    assertEquals(differences(ours, tableOfRuns(sox.encodedRuns as unknown as Run[])), known.sox as unknown as Difference[]);
  });

  test(`encode${law}: differences are one code at most, at the edge between two codes`, () => {
    for (const [first, last, our, their] of [...known.itu, ...known.sox] as unknown as Difference[]) {
      assert(Math.abs(number(our) - number(their)) <= 1, `${first}: ${our}, ${their}`);
      assert(last - first < grain, `${first} to ${last}`);
      const neighbours = encode(Int16Array.of(first - grain, first - 1, last + 1, last + grain));
      assert(neighbours.includes(their), `${first}: ${their} is not a neighbour's code, ${neighbours}`);
    }
  });

  test(`encode${law}: the error is at most half a step of the code's segment`, () => {
    const decoded = decode(ours);
    for (const [i, sample] of allSamples.entries()) {
      if (Math.abs(sample) > loudest) continue;
      const error = Math.abs((decoded[i] ?? Number.NaN) - sample);
      assert(error <= halfStep(ours[i] ?? 0), `${sample} became ${decoded[i]}`);
    }
  });

  test(`encode${law}: negative samples mirror positive ones`, () => {
    for (let sample = 1; sample < 32_768; sample++) {
      const [plus, minus] = encode(Int16Array.of(sample, -sample));
      assertEquals(minus, (plus ?? 0) ^ 0x80);
    }
  });

  test(`encode${law}: is the inverse of decode${law}, and a second round trip changes nothing`, () => {
    checkProperty(
      fc.property(fc.uint8Array({ maxLength: 400 }), (codes) => {
        const once = encode(decode(codes));
        assertEquals([...encode(decode(once))], [...once]);
        // Mu-law has two zeros; samples have one, which is written as the positive.
        const expected = codes.map((code) => (law === "Mulaw" && code === 0x7f ? 0xff : code));
        assertEquals([...once], [...expected]);
      }),
    );
  });
}

test("MULAW_SILENCE is the mu-law code of sample 0; the A-law code is 0xd5 (table 1a, even bits inverted)", () => {
  assertEquals([...encodeMulaw(Int16Array.of(0))], [MULAW_SILENCE]);
  assertEquals([...encodeAlaw(Int16Array.of(0))], [0xd5]);
});

test("encodeMulaw: is loud, and does not wrap, at the ends of the range", () => {
  assertEquals([...encodeMulaw(Int16Array.of(-32_768, 32_767))], [0x00, 0x80]);
  assertEquals([...encodeAlaw(Int16Array.of(-32_768, 32_767))], [0x2a, 0xaa]);
});

test("transcodeAlawToMulaw: keeps the sign and the order; the error is at most half a step of mu-law", () => {
  const codes = transcodeAlawToMulaw(everyCode);
  const values = decodeMulaw(codes);
  for (const [code, sample] of decodeAlaw(everyCode).entries()) {
    const value = values[code] ?? Number.NaN;
    assertEquals([code, Math.sign(value)], [code, Math.sign(sample)]);
    assert(Math.abs(value - sample) <= mulawHalfStep(codes[code] ?? 0), `${code}: ${sample} became ${value}`);
  }
});
