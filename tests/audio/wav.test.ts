// WAV headers, byte by byte. Files written and read back: tests/support/parse-wav.test.ts.

import { test } from "bun:test";
import { assertEquals, assertThrows } from "@std/assert";
import { formatWavHeader, type WavFormat } from "../../src/audio/wav.ts";

const phone: WavFormat = { encoding: "mulaw", rateHz: 8000, channels: 1 };
const stereo: WavFormat = { encoding: "pcm16", rateHz: 24_000, channels: 2 };

const text = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? Array.from(part, (char) => char.charCodeAt(0)) : [...part])));

const fmtPcm = [...text("fmt "), 16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0];
const fmtMulaw = [...text("fmt "), 18, 0, 0, 0, 7, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0, 0, 0];

test("formatWavHeader: the 44 bytes of PCM, laid out as sox 14.4.2 does", () => {
  const header = formatWavHeader({ encoding: "pcm16", rateHz: 8000, channels: 1 }, 4);
  assertEquals([...header], [...text("RIFF", [40, 0, 0, 0], "WAVE", fmtPcm, "data", [4, 0, 0, 0])]);
});

test("formatWavHeader: the 58 bytes of mu-law with their fact chunk, laid out as sox 14.4.2 does", () => {
  const header = formatWavHeader(phone, 3);
  const expected = text("RIFF", [54, 0, 0, 0], "WAVE", fmtMulaw, "fact", [4, 0, 0, 0, 3, 0, 0, 0], "data", [3, 0, 0, 0]);
  assertEquals([...header], [...expected]);
});

test("formatWavHeader: throws a BUG on half a sample frame", () => {
  assertThrows(() => formatWavHeader(stereo, 6), Error, "BUG: wav: 6 bytes");
});
