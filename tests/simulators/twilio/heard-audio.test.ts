// Measurements of what the caller heard.

import { test } from "bun:test";
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { encodeMulaw } from "../../../src/audio/g711.ts";
import { renderTones } from "../../../src/audio/tone.ts";
import { audibleSpans, heardToneDbfs, playedBytes, renderHeard } from "../../../src/simulators/twilio/heard-audio.ts";
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

test("playedBytes: all audio played, without the silence between", () => {
  assertEquals(playedBytes(heard({ atMs: 0, bytes: Uint8Array.of(1, 2) }, { atMs: 9, bytes: Uint8Array.of(3) })), Uint8Array.of(1, 2, 3));
});
