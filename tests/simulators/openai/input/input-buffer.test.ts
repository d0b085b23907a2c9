// The input audio buffer: what it keeps, what it counts, and its limit. The events of its turns are in turns.test.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import type { AudioFormat } from "../../../../src/simulators/openai/audio-format.ts";
import { defaultSession } from "../../../../src/simulators/openai/config/session-config.ts";
import {
  appendDetecting,
  appendManually,
  bufferedMs,
  clearBuffer,
  EMPTY_BUFFER,
  MAX_BUFFER_BYTES,
} from "../../../../src/simulators/openai/input/input-buffer.ts";
import { loud, silence } from "../client.ts";

const pcmu: AudioFormat = { type: "audio/pcmu" };
const pcm: AudioFormat = { type: "audio/pcm", rate: 24_000 };
const rules = defaultSession("", "", 0).audio.input.turn_detection;
assert(rules !== null);

test("appendDetecting: during silence only the padding of the next turn is kept", () => {
  const { buffer, events } = appendDetecting(EMPTY_BUFFER, pcmu, silence(60_000), rules);
  assertEquals(events, []);
  assertEquals(bufferedMs(buffer, pcmu), 360); // 300 ms of padding and 60 ms of possible onset
  assertEquals(buffer.appendedTicks / 48, 60_000);
});

test("appendDetecting: several turns in one append, each with its times", () => {
  const parts = [silence(500), loud(200), silence(500), loud(200), silence(500)];
  const speech = Uint8Array.from(parts.flatMap((part) => [...part]));
  const { events, buffer } = appendDetecting(EMPTY_BUFFER, pcmu, speech, rules);
  assertEquals(
    events.map((one) => (one.type === "started" ? one.audioStartMs : [one.audioEndMs, one.turn.length / 8])),
    [200, [1200, 1000], 1200, [1900, 700]], // the second turn's padding starts after the first turn
  );
  assertEquals(buffer.bytes, 0);
});

test("appendDetecting: a higher threshold detects less", () => {
  const highThreshold = { ...rules, threshold: 1 };
  const quiet = loud(300).map((code) => code | 0x40); // four G.711 segments quieter: at least -24 dB
  assertEquals(appendDetecting(EMPTY_BUFFER, pcmu, quiet, highThreshold).events, []);
  assertEquals(appendDetecting(EMPTY_BUFFER, pcmu, quiet, rules).events.length, 1);
});

test("appendManually: everything is kept, up to the limit", () => {
  const whole = appendManually(EMPTY_BUFFER, pcmu, new Uint8Array(MAX_BUFFER_BYTES));
  assert(whole !== false);
  assertEquals(appendManually(whole, pcmu, new Uint8Array(1)), false);
});

test("bufferedMs: a byte of PCM lasts a sixth of a byte of G.711", () => {
  const buffer = appendManually(EMPTY_BUFFER, pcm, new Uint8Array(480));
  assert(buffer !== false);
  assertEquals([bufferedMs(buffer, pcm), bufferedMs(buffer, pcmu)], [10, 60]);
});

test("clearBuffer: empty, but appendedTicks stays", () => {
  const buffer = appendManually(EMPTY_BUFFER, pcmu, silence(100));
  assert(buffer !== false);
  assertEquals(clearBuffer(buffer), { ...EMPTY_BUFFER, appendedTicks: 4800 });
});
