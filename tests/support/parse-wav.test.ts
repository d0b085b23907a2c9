// WAV files: written and read back, streamed, damaged.

import { test } from "bun:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { formatWav, formatWavHeader, type Wav, type WavFormat } from "../../src/audio/wav.ts";
import { parseWav } from "./parse-wav.ts";
import { checkProperty } from "./properties.ts";

const phone: WavFormat = { encoding: "mulaw", rateHz: 8000, channels: 1 };
const stereo: WavFormat = { encoding: "pcm16", rateHz: 24_000, channels: 2 };

const text = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? Array.from(part, (char) => char.charCodeAt(0)) : [...part])));

const fmtPcm = [...text("fmt "), 16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0];

/** A RIFF file of these chunks, its length right. */
function riff(...chunks: readonly (string | readonly number[])[]): Uint8Array {
  const body = text(...chunks);
  return text("RIFF", [(body.length + 4) & 0xff, (body.length + 4) >> 8, 0, 0], "WAVE", [...body]);
}

function parsed(bytes: Uint8Array): Wav {
  const wav = parseWav(bytes);
  if ("bad" in wav) throw new Error(wav.bad);
  return wav;
}

test("parseWav: reads what formatWav wrote", () => {
  const format = fc.record({
    encoding: fc.constantFrom("pcm16" as const, "mulaw" as const),
    rateHz: fc.integer({ min: 1, max: 192_000 }),
    channels: fc.constantFrom(1 as const, 2 as const),
  });
  checkProperty(
    fc.property(format, fc.uint8Array({ maxLength: 300 }), (format, bytes) => {
      const data = bytes.subarray(0, bytes.length - (bytes.length % 4));
      const file = formatWav({ ...format, data });
      assertEquals(file.length % 2, 0);
      assertEquals(parsed(file), { ...format, data });
    }),
  );
});

test("parseWav: odd data is padded, and read without the padding", () => {
  const file = formatWav({ ...phone, data: Uint8Array.of(1, 2, 3) });
  assertEquals([file.length, [...parsed(file).data]], [62, [1, 2, 3]]);
  assertEquals([...parsed(file.subarray(0, 61)).data], [1, 2, 3]);
});

test("parseWav: reads a view that starts inside its buffer", () => {
  const file = formatWav({ ...stereo, data: Uint8Array.of(1, 2, 3, 4) });
  const shifted = new Uint8Array(file.length + 3);
  shifted.set(file, 3);
  assertEquals([...parsed(shifted.subarray(3)).data], [1, 2, 3, 4]);
});

test("parseWav: skips other chunks, odd ones with their padding, before and after the data", () => {
  const odd = ["LIST", [3, 0, 0, 0], "abc", [0]] as const;
  const file = riff(...odd, fmtPcm, "note", [0, 0, 0, 0], ...odd, "data", [2, 0, 0, 0, 7, 8], ...odd);
  assertEquals(parsed(file), { encoding: "pcm16", rateHz: 8000, channels: 1, data: Uint8Array.of(7, 8) });
});

for (const { name, riffBytes, dataBytes } of [
  { name: "0xffffffff, as ffmpeg and OpenAI stream it", riffBytes: [255, 255, 255, 255], dataBytes: [255, 255, 255, 255] },
  { name: "0, as a killed writer leaves it", riffBytes: [0, 0, 0, 0], dataBytes: [0, 0, 0, 0] },
  { name: "about 2 GiB, as sox writes into a pipe", riffBytes: [0x24, 0xf0, 0xff, 0x7f], dataBytes: [0, 0xf0, 0xff, 0x7f] },
]) {
  test(`parseWav: a length of ${name} means to the end, in whole samples`, () => {
    const file = text("RIFF", riffBytes, "WAVE", fmtPcm, "data", dataBytes, [1, 2, 3, 4, 5]);
    assertEquals([...parsed(file).data], [1, 2, 3, 4]);
  });
}

test("formatWavHeader: without a length it states unknown, and parseWav reads to the end", () => {
  for (const format of [phone, stereo]) {
    const file = text([...formatWavHeader(format)], [9, 9, 9, 9]);
    assertEquals(parsed(file), { ...format, data: Uint8Array.of(9, 9, 9, 9) });
  }
});

test("parseWav: a data chunk of 0 bytes is an empty recording", () => {
  assertEquals(parsed(riff(fmtPcm, "data", [0, 0, 0, 0])).data.length, 0);
  assertEquals(parsed(riff(fmtPcm, "data", [0, 0, 0, 0], "LIST", [2, 0, 0, 0, 7, 8])).data.length, 0);
});

/** `fmtPcm` with the byte at `at` (counted from the chunk's contents) changed. */
const fmtWith = (at: number, value: number) => fmtPcm.with(8 + at, value);
const data = ["data", [2, 0, 0, 0, 7, 8]] as const;

for (const { name, file, says } of [
  { name: "no bytes", file: text(), says: /at least 12 bytes, got 0/ },
  { name: "an MP3", file: text("ID3", [3, 0, 0, 0, 0, 0, 0, 0, 0]), says: /expected "RIFF....WAVE"/ },
  { name: "an AVI", file: text("RIFF", [4, 0, 0, 0], "AVI "), says: /got "RIFF....AVI "/ },
  { name: "nothing but the RIFF header", file: riff(), says: /no "data" chunk/ },
  { name: "no data chunk", file: riff(fmtPcm), says: /no "data" chunk/ },
  { name: "data first", file: riff(...data, fmtPcm), says: /"data" before "fmt "/ },
  { name: "a second fmt", file: riff(fmtPcm, fmtPcm, ...data), says: /second "fmt "/ },
  { name: "a short fmt", file: riff("fmt ", [14, 0, 0, 0], fmtPcm.slice(8, 22), ...data), says: /at least 16 bytes, got 14/ },
  {
    name: "a format that is neither PCM nor mu-law",
    file: riff(fmtWith(0, 3), ...data),
    says: /expected 1 \(PCM\) or 7 \(mu-law\), got 3/,
  },
  { name: "no channel", file: riff(fmtWith(2, 0), ...data), says: /channels: expected 1 or 2, got 0/ },
  { name: "six channels", file: riff(fmtWith(2, 6), ...data), says: /got 6/ },
  { name: "rate 0", file: riff(fmtWith(4, 0).with(13, 0), ...data), says: /rate: .*got 0/ },
  { name: "an absurd rate", file: riff(fmtWith(7, 0x7f), ...data), says: /rate: expected 1 to 768000 Hz/ },
  { name: "24 bits", file: riff(fmtWith(14, 24), ...data), says: /bits a sample: expected 16 for pcm16, got 24/ },
  { name: "a wrong block align", file: riff(fmtWith(12, 4), ...data), says: /block align: expected 2, got 4/ },
  { name: "half a sample", file: riff(fmtPcm, "data", [1, 0, 0, 0, 7, 0]), says: /not a whole number of 2-byte frames/ },
  { name: "data beyond the end", file: riff(fmtPcm, "data", [9, 0, 0, 0, 7, 8]), says: /says 9 bytes, 2 are left/ },
  { name: "a chunk beyond the end", file: riff("LIST", [99, 0, 0, 0, 7, 8]), says: /"LIST" at 12: says 99 bytes, 2 are left/ },
  { name: "a fmt one byte beyond the end", file: riff(fmtPcm).subarray(0, 35), says: /"fmt " at 12: says 16 bytes, 15 are left/ },
  { name: "a file cut short", file: riff(fmtPcm, ...data).subarray(0, 40), says: /cut short: RIFF says 46 bytes, got 40/ },
]) {
  test(`parseWav: ${name} is bad, with the reason`, () => {
    const wav = parseWav(file);
    assert("bad" in wav, "was accepted");
    assertMatch(wav.bad, says);
  });
}

test("parseWav: never throws", () => {
  const good = [...formatWav({ ...phone, data: Uint8Array.of(1, 2, 3) })];
  const damaged = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }).map((changes) => {
    const bytes = Uint8Array.from(good);
    for (const [at, value] of changes) bytes[at] = value;
    return bytes;
  });
  const headed = fc.uint8Array({ maxLength: 120 }).map((rest) => text("RIFF", [255, 255, 255, 255], "WAVE", fmtPcm, [...rest]));
  checkProperty(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged, headed), fc.nat(200), (bytes, length) => {
      const wav = parseWav(bytes.subarray(0, length));
      assert("bad" in wav || wav.data.length <= length);
    }),
    { numRuns: 2000 },
  );
});
