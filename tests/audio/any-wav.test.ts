// WAV files of every kind, generated here, against the tone that they hold.

import { test } from "bun:test";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { wavAsTelephone } from "../../src/audio/any-wav.ts";
import { encodeAlaw, encodeMulaw } from "../../src/audio/g711.ts";
import { levelDbfs } from "../../src/audio/level.ts";
import { toneLevelDbfs } from "../../src/audio/tone.ts";

const HZ = 1_000;

interface Kind {
  readonly code: number;
  readonly bits: number;
  readonly rateHz: number;
  readonly channels: number;
  readonly extensible?: boolean;
}

/** A second of a tone at -6 dBFS, in each channel, as a WAV file. */
function wavOf({ code, bits, rateHz, channels, extensible = false }: Kind): Uint8Array {
  const bytes = bits / 8;
  const data = new Uint8Array(rateHz * channels * bytes);
  const view = new DataView(data.buffer);
  for (let i = 0; i < rateHz * channels; i++) {
    const value = 0.5 * Math.sin((2 * Math.PI * HZ * Math.floor(i / channels)) / rateHz);
    const pcm = Int16Array.of(Math.round(value * 32_767));
    const at = i * bytes;
    if (code === 6) data.set(encodeAlaw(pcm), at);
    else if (code === 7) data.set(encodeMulaw(pcm), at);
    else if (code === 3) bits === 32 ? view.setFloat32(at, value, true) : view.setFloat64(at, value, true);
    else if (bits === 8) view.setUint8(at, Math.round(value * 127) + 128);
    else if (bits === 16) view.setInt16(at, pcm[0] ?? 0, true);
    else if (bits === 24) {
      const wide = Math.round(value * 8_388_607);
      view.setUint8(at, wide & 0xff);
      view.setInt16(at + 1, wide >> 8, true);
    } else view.setInt32(at, Math.round(value * 2_147_483_647), true);
  }
  const format = new Uint8Array(extensible ? 40 : 16);
  const fields = new DataView(format.buffer);
  fields.setUint16(0, extensible ? 0xfffe : code, true);
  fields.setUint16(2, channels, true);
  fields.setUint32(4, rateHz, true);
  fields.setUint32(8, rateHz * channels * bytes, true);
  fields.setUint16(12, channels * bytes, true);
  fields.setUint16(14, bits, true);
  if (extensible) fields.setUint16(24, code, true);
  return riff([
    ["LIST", new Uint8Array(3)],
    ["fmt ", format],
    ["data", data],
  ]);
}

function riff(chunks: readonly (readonly [tag: string, body: Uint8Array])[]): Uint8Array {
  const parts = chunks.flatMap(([tag, body]) => [...header(tag, body.length), ...body, ...(body.length % 2 === 1 ? [0] : [])]);
  return Uint8Array.from([...header("RIFF", parts.length + 4), ...new TextEncoder().encode("WAVE"), ...parts]);
}

function header(tag: string, size: number): number[] {
  return [...new TextEncoder().encode(tag), size & 0xff, (size >> 8) & 0xff, (size >> 16) & 0xff, size >>> 24];
}

const kinds: readonly Kind[] = [
  { code: 1, bits: 8, rateHz: 8_000, channels: 1 },
  { code: 1, bits: 16, rateHz: 44_100, channels: 2 },
  { code: 1, bits: 24, rateHz: 48_000, channels: 1, extensible: true },
  { code: 1, bits: 32, rateHz: 16_000, channels: 1 },
  { code: 3, bits: 32, rateHz: 22_050, channels: 1 },
  { code: 3, bits: 64, rateHz: 11_025, channels: 2 },
  { code: 6, bits: 8, rateHz: 8_000, channels: 1 },
  { code: 7, bits: 8, rateHz: 8_000, channels: 1 },
];
for (const kind of kinds) {
  test(`wavAsTelephone: format ${kind.code} with ${kind.bits} bits, ${kind.rateHz} Hz, ${kind.channels} channels`, () => {
    const samples = wavAsTelephone(wavOf(kind));
    assert(!("bad" in samples));
    assertEquals(samples.length, 8_000);
    // Half the range; 0 dBFS is that of a full sine.
    const middle = samples.subarray(800, 7_200);
    assertAlmostEquals(toneLevelDbfs(middle, HZ), levelDbfs(middle), 0.5);
    assertAlmostEquals(levelDbfs(middle), -6, 0.5);
  });
}

test("wavAsTelephone: frequencies above the telephone band do not alias", () => {
  const wide = wavOf({ code: 1, bits: 16, rateHz: 48_000, channels: 1 });
  const view = new DataView(wide.buffer);
  for (let i = 0; i < 48_000; i++)
    view.setInt16(wide.length - 96_000 + 2 * i, Math.round(16_000 * Math.sin((2 * Math.PI * 6_000 * i) / 48_000)), true);
  const samples = wavAsTelephone(wide);
  assert(!("bad" in samples) && levelDbfs(samples.subarray(800, 7_200)) < -50);
});

const good = wavOf({ code: 1, bits: 16, rateHz: 8_000, channels: 1 });
const bad: Readonly<Record<string, Uint8Array>> = {
  nothing: new Uint8Array(0),
  "no RIFF": new Uint8Array(100),
  "no samples": riff([["fmt ", good.subarray(32, 48)]]),
  "an unknown format": riff([
    ["fmt ", Uint8Array.of(0x55, 0, ...good.subarray(34, 48))],
    ["data", new Uint8Array(4)],
  ]),
};
for (const [what, bytes] of Object.entries(bad)) {
  test(`wavAsTelephone: ${what} is bad, and does not throw`, () => {
    assert("bad" in wavAsTelephone(bytes));
  });
}

test("wavAsTelephone: a file that is cut short gives the samples it has", () => {
  const samples = wavAsTelephone(good.subarray(0, good.length - 8_000));
  assert(!("bad" in samples) && samples.length === 4_000);
});
