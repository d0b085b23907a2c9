// The session's audio formats: sizes, and conversion to and from mu-law.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { encodeMulaw } from "../../../src/audio/g711.ts";
import { renderTones, toneLevelDbfs } from "../../../src/audio/tone.ts";
import {
  type AudioFormat,
  bytesOfMs,
  decodeSamples,
  fromMulaw,
  TICKS_PER_MS,
  ticksOf,
  toMulaw,
} from "../../../src/simulators/openai/audio-format.ts";

const formats: readonly (readonly [format: AudioFormat, bytesPerMs: number, rateHz: number])[] = [
  [{ type: "audio/pcm", rate: 24_000 }, 48, 24_000],
  [{ type: "audio/pcmu" }, 8, 8000],
  [{ type: "audio/pcma" }, 8, 8000],
];
const tone = encodeMulaw(renderTones([{ hz: 1000, dbfs: -12 }], 0, 8000));

for (const [format, bytesPerMs, rateHz] of formats) {
  test(`${format.type}: ${bytesPerMs} bytes per millisecond`, () => {
    assertEquals(bytesOfMs(format, 20), 20 * bytesPerMs);
    assertEquals(ticksOf(format, bytesPerMs), TICKS_PER_MS);
  });

  test(`${format.type}: a tone keeps its length, frequency and level through both conversions`, () => {
    const there = fromMulaw(format, tone);
    assertEquals(there.length, bytesOfMs(format, 1000));
    const level = (samples: Int16Array, rate: number) => toneLevelDbfs(samples.subarray(rate / 10), 1000, rate);
    assert(Math.abs(level(decodeSamples(format, there), rateHz) + 12) < 0.2);
    assert(Math.abs(level(decodeSamples({ type: "audio/pcmu" }, toMulaw(format, there)), 8000) + 12) < 0.3);
  });
}

test("audio/pcmu: mu-law is unchanged", () => {
  const every = Uint8Array.from({ length: 256 }, (_, code) => code);
  assertEquals([fromMulaw({ type: "audio/pcmu" }, every), toMulaw({ type: "audio/pcmu" }, every)], [every, every]);
});
