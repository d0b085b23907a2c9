// Measurements of what the caller heard.

import { test } from "bun:test";
import { readFileSync } from "node:fs";
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { decodeMulaw, encodeMulaw } from "../../../src/audio/g711.ts";
import { renderTones } from "../../../src/audio/tone.ts";
import { concatBytes } from "../../../src/protocol/bytes.ts";
import {
  AUDIBLE_DBFS,
  audibleFromDbfs,
  audibleSpans,
  heardToneDbfs,
  playedBytes,
  renderHeard,
} from "../../../src/simulators/twilio/heard-audio.ts";
import type { HeardAudio, PlayedAudio } from "../../../src/simulators/twilio/playback.ts";

const tone = (hz: number, ms: number, dbfs = -20): Uint8Array => encodeMulaw(renderTones([{ hz, dbfs }], 0, ms * 8));
const heard = (...pieces: readonly PlayedAudio[]): HeardAudio => ({ keepMs: 1e6, pieces, totalMs: 0 });

test("renderHeard: silence where nothing was played, pieces cut at the span's ends", () => {
  const bytes = renderHeard(heard({ atMs: 9, bytes: new Uint8Array(16).fill(1) }, { atMs: 12, bytes: new Uint8Array(16).fill(2) }), {
    fromMs: 10,
    untilMs: 13,
  });
  assertEquals([...bytes], [...Array(8).fill(1), ...Array(8).fill(0xff), ...Array(8).fill(2)]);
});

test("heardToneDbfs: finds the tone that was played and no other", () => {
  const line = heard({ atMs: 100, bytes: tone(1000, 500) });
  const span = { fromMs: 150, untilMs: 550 };
  assertGreater(heardToneDbfs(line, span, 1000), -21);
  assertLess(heardToneDbfs(line, span, 1300), -50);
});

test("audibleSpans: skips silence, joins spans across a short pause", () => {
  const line = heard(
    { atMs: 0, bytes: new Uint8Array(1600).fill(0xff) },
    { atMs: 200, bytes: tone(440, 100) },
    { atMs: 500, bytes: tone(440, 100) },
    { atMs: 1000, bytes: tone(440, 100) },
  );
  assertEquals(audibleSpans(line), [
    { fromMs: 200, untilMs: 600 },
    { fromMs: 1000, untilMs: 1100 },
  ]);
});

const speech = new Uint8Array(readFileSync(new URL("../../data/jfk.ulaw", import.meta.url)));
const seconds = (count: number, dbfs: number): Uint8Array => tone(440, count * 1_000, dbfs);

test("audibleSpans: the background of a stream that never falls silent is silence", () => {
  const line = heard({ atMs: 0, bytes: concatBytes(seconds(3, -40), seconds(1, -15), seconds(3, -40)) });
  assertEquals(audibleSpans(line), [{ fromMs: 3_000, untilMs: 4_000 }]);
  assertEquals(audibleSpans(heard({ atMs: 0, bytes: seconds(5, -40) })), []);
});

test("audibleSpans: background is known although frames come late", () => {
  const late = (atMs: number, count: number, dbfs: number): readonly PlayedAudio[] =>
    Array.from({ length: count }, (_, at) => ({ atMs: atMs + at * 25, bytes: tone(440, 20, dbfs) }));
  assertEquals(audibleSpans(heard(...late(0, 120, -40), ...late(3_000, 40, -15), ...late(4_000, 120, -40))), [
    { fromMs: 3_000, untilMs: 3_995 },
  ]);
});

test("audibleSpans: a quiet sound is not background where the stream falls silent, is short, or loud", () => {
  const pieces = [0, 6_000].map((atMs) => ({ atMs, bytes: concatBytes(seconds(3, -40), seconds(1, -15)) }));
  assertEquals(audibleSpans(heard(...pieces)).length, 2);
  assertEquals(audibleSpans(heard({ atMs: 0, bytes: seconds(3, -40) })), [{ fromMs: 0, untilMs: 3_000 }]);
  assertEquals(audibleSpans(heard({ atMs: 0, bytes: seconds(5, -25) })), [{ fromMs: 0, untilMs: 5_000 }]);
});

test("audibleFromDbfs: the pauses of a voice that talks on are not background, loud or quiet", () => {
  for (const gain of [1, 0.3, 0.1]) {
    const voice = encodeMulaw(decodeMulaw(speech).map((sample) => sample * gain));
    assertEquals(audibleFromDbfs(heard({ atMs: 0, bytes: voice })), AUDIBLE_DBFS);
  }
});

test("playedBytes: all audio played, without the silence between", () => {
  assertEquals(playedBytes(heard({ atMs: 0, bytes: Uint8Array.of(1, 2) }, { atMs: 9, bytes: Uint8Array.of(3) })), Uint8Array.of(1, 2, 3));
});
