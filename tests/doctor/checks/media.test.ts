// The checks of what a server sends, on calls in virtual time. Recognising audio: evidence/sound.test.ts.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { decodeMulaw, encodeAlaw, encodeMulaw } from "../../../src/audio/g711.ts";
import { encodePcm16 } from "../../../src/audio/pcm16.ts";
import { formatWavHeader } from "../../../src/audio/wav.ts";
import { concatBytes } from "../../../src/protocol/bytes.ts";
import { readSpeech } from "../../audio/speech.ts";
import { beep, judge, media, outcome, type Script } from "./virtual-stream.ts";

const speech = readSpeech().subarray(0, 24_000);
const samples = decodeMulaw(speech);
const payload = speech.toBase64();
const says = (...acts: readonly object[]): Script => ({ server: acts.map((act, index) => [600 + index * 100, act]) });

const wrongMessages: readonly (readonly [name: string, act: object | string, cause: string, code: number])[] = [
  ["bytes", speech, "media-binary", 31950],
  ["the payload alone", payload, "media-not-json", 31951],
  ["JSON in JSON", JSON.stringify(JSON.stringify(media(speech))), "media-json-twice", 31951],
  ["the model's event", { type: "response.output_audio.delta", delta: payload }, "media-unknown-event", 31951],
  ["another stream's", media(speech, "MZ0"), "media-wrong-stream-sid", 31951],
  ["no streamSid", { event: "media", media: { payload } }, "media-wrong-stream-sid", 31951],
  ["playload", { event: "media", streamSid: "$SID", media: { playload: payload } }, "media-wrong-fields", 31951],
  ["a data URL", { event: "media", streamSid: "$SID", media: { payload: `data:,${payload}` } }, "media-data-url", 31951],
];
for (const [name, act, cause, code] of wrongMessages) {
  test(`media.messages: ${name}: ${cause}`, () => {
    const finding = judge("media.messages", { server: [[600, act]] });
    assertEquals([finding.ok, finding.cause, finding.level, finding.twilioCode], [false, cause, "error", code]);
  });
}

test("media.messages: a field too many is a warning, and the audio is heard", () => {
  const track = says({ event: "media", streamSid: "$SID", media: { payload, track: "outbound" } });
  const { cause, level } = judge("media.messages", track);
  assertEquals([cause, level], ["media-extra-fields", "warning"]);
  assertEquals(judge("media.format", track).ok, true);
});

test("media.messages: one unknown event beside audible audio is a warning", () => {
  const finding = judge("media.messages", says(media(speech), { event: "ready", streamSid: "$SID" }));
  assertEquals([finding.ok, finding.level], [false, "warning"]);
  assertStringIncludes(finding.evidence?.join() ?? "", '"event":"ready"');
});

test("media.messages: media, mark and clear are accepted", () => {
  const mark = { event: "mark", streamSid: "$SID", mark: { name: "a" } };
  assertEquals(outcome(judge("media.messages", says(media(speech), mark, { event: "clear", streamSid: "$SID" }))), [true, undefined]);
});

const header = formatWavHeader({ encoding: "mulaw", rateHz: 8000, channels: 1 }, speech.length);
test("media.header: finds a WAV header in any payload, and none in speech", () => {
  assertEquals(outcome(judge("media.header", says(media(speech), media(concatBytes(header, speech))))), [false, "media-wav-header"]);
  assertEquals(outcome(judge("media.header", says(media(speech)))), [true, undefined]);
  assertEquals(outcome(judge("media.header", {})), [undefined, undefined]);
});

const formats: readonly (readonly [name: string, bytes: Uint8Array, ok: boolean, cause: string | undefined])[] = [
  ["mu-law", speech, true, undefined],
  ["a short tone", beep(500, 200), true, undefined],
  ["A-law", encodeAlaw(samples), false, "media-alaw"],
  ["PCM16", encodePcm16(samples), false, "media-pcm16"],
  ["zeros", new Uint8Array(8_000), false, "media-silent"],
  ["silence", new Uint8Array(8_000).fill(0xff), false, "media-silent"],
  ["overdriven", encodeMulaw(samples.map((one) => Math.max(-32_768, Math.min(32_767, one * 30)))), false, "media-clipped"],
];
for (const [name, bytes, ok, cause] of formats) {
  test(`media.format: ${name}: ${cause ?? "passed"}`, () => {
    const caller = [[2_000, "spoke", speech.subarray(0, 8_000)] as const];
    assertEquals(outcome(judge("media.format", { ...says(media(bytes)), caller })), [ok, cause]);
  });
}

test("media.format: silence is not judged where the caller said nothing that an echo could send back", () => {
  assertEquals(outcome(judge("media.format", says(media(new Uint8Array(8_000).fill(0xff))))), [undefined, undefined]);
});

test("media.format: a correct recorded greeting does not hide a wrong voice", () => {
  const spoken = [2_000, "spoke", speech.subarray(0, 8_000)] as const;
  const finding = judge("media.format", {
    server: [
      [100, media(beep(500, 1_000))],
      [4_000, media(encodePcm16(samples))],
    ],
    caller: [spoken],
  });
  assertEquals(finding.cause, "media-pcm16");
});

test("media.ahead: eleven minutes at once fail, nine pass", () => {
  const minute = media(new Uint8Array(480_000).fill(0x20));
  const minutes = (count: number): Script => ({ server: Array.from({ length: count }, (_, index) => [600 + index * 10, minute]) });
  assertEquals(outcome(judge("media.ahead", minutes(11))), [false, "media-too-far-ahead"]);
  assertEquals(outcome(judge("media.ahead", minutes(9))), [true, undefined]);
});

/** `count` pieces of `ms`, one every `everyMs`. */
function paced(count: number, ms: number, everyMs: number): Script {
  const tone = beep(500, ms);
  return { server: Array.from({ length: count }, (_, index) => [600 + index * everyMs, media(tone)]) };
}

const paces: readonly (readonly [name: string, script: Script, found: string | undefined])[] = [
  ["at once", paced(20, 200, 0), undefined],
  ["just in time", paced(50, 100, 100), undefined],
  ["a tenth too slow", paced(50, 100, 120), "warning"],
  ["half too slow", paced(50, 100, 160), "error"],
  ["three sentences with pauses", paced(3, 1_000, 1_500), undefined],
];
for (const [name, script, found] of paces) {
  test(`media.stutter: ${name}: ${found ?? "passed"}`, () => {
    const { ok, level } = judge("media.stutter", script);
    assertEquals(ok === false ? level : undefined, found);
  });
}

test("media.played-out: a goodbye that is cut off, one that is not, and a stream that failed", () => {
  const goodbye = [1_000, media(beep(500, 3_000))] as const;
  assertEquals(outcome(judge("media.played-out", { server: [goodbye, [2_500, { close: 1000 }]] })), [false, "media-cut-off"]);
  assertEquals(outcome(judge("media.played-out", { server: [goodbye, [4_200, { close: 1000 }]] })), [true, undefined]);
  assertEquals(outcome(judge("media.played-out", { server: [goodbye, [2_500, { close: 1011 }]] })), [undefined, undefined]);
  assertEquals(outcome(judge("media.played-out", { server: [goodbye] })), [undefined, undefined]);
});
