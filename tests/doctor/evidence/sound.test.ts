// judgeSound on real and synthetic speech and on tones, at many levels, in every encoding and rate that servers send by
// mistake.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeMulaw, encodeAlaw, encodeMulaw } from "../../../src/audio/g711.ts";
import { encodePcm16 } from "../../../src/audio/pcm16.ts";
import { createUpsampler } from "../../../src/audio/resample.ts";
import { renderTones } from "../../../src/audio/tone.ts";
import { formatWavHeader } from "../../../src/audio/wav.ts";
import { headerIn, judgeSound, type SoundKind } from "../../../src/doctor/evidence/sound.ts";
import { promptAudio } from "../../../src/simulators/openai/brains/prompts/prompts.ts";
import { readSpeech } from "../../audio/speech.ts";
import { checkProperty } from "../../support/properties.ts";

const seconds = (samples: Int16Array, from: number, length: number): Int16Array => samples.slice(from * 8000, (from + length) * 8000);
const speech = decodeMulaw(readSpeech());
const voice = decodeMulaw(promptAudio("greeting"));

function tones(...hz: readonly number[]): Int16Array {
  return renderTones(
    hz.map((one) => ({ hz: one, dbfs: -15 })),
    0,
    8000,
  );
}

/** Half a second is enough to recognise the encoding. The pace of speech takes several words. */
const brief: Readonly<Record<string, Int16Array>> = {
  "speech, first words": seconds(speech, 0.5, 1),
  "speech, later": seconds(speech, 4, 1),
  "speech, last": seconds(speech, 8.5, 1),
  "speech, a word": seconds(speech, 4.2, 0.6),
  "voice, first words": seconds(voice, 0.2, 1),
  "voice, later": seconds(voice, 2, 1),
  "voice, a key": decodeMulaw(promptAudio("youPressed")),
  "tone of 620 Hz": tones(620),
  "dialling tone": tones(350, 440),
  "key 5": tones(770, 1336),
  chord: tones(523, 659, 784),
};
const long: Readonly<Record<string, Int16Array>> = { "speech, all": speech, "speech, half": seconds(speech, 0, 6), "voice, all": voice };

function upsampled(samples: Int16Array, rateHz: 16_000 | 24_000): Int16Array {
  const { push, flush } = createUpsampler(rateHz);
  return Int16Array.from([...push(samples), ...flush()]);
}

const codes: Readonly<Record<string, { readonly kind: SoundKind; write(samples: Int16Array): Uint8Array }>> = {
  "mu-law": { kind: "mulaw", write: encodeMulaw },
  "A-law": { kind: "alaw", write: encodeAlaw },
  "PCM16, 8 kHz": { kind: "pcm16", write: encodePcm16 },
  "PCM16, big-endian": { kind: "pcm16", write: (samples) => encodePcm16(samples).subarray(1) },
  "PCM16, 16 kHz": { kind: "pcm16", write: (samples) => encodePcm16(upsampled(samples, 16_000)) },
  "PCM16, 24 kHz": { kind: "pcm16", write: (samples) => encodePcm16(upsampled(samples, 24_000)) },
  "base64 twice": { kind: "text", write: (samples) => new TextEncoder().encode(encodeMulaw(samples).toBase64()) },
};
const slowCodes: typeof codes = {
  "mu-law, 16 kHz": { kind: "slow", write: (samples) => encodeMulaw(upsampled(samples, 16_000)) },
  "mu-law, 24 kHz": { kind: "slow", write: (samples) => encodeMulaw(upsampled(samples, 24_000)) },
};

function atLevel(samples: Int16Array, db: number): Int16Array {
  return samples.map((sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 10 ** (db / 20)))));
}

/** How often each encoding was recognised. */
function confusion(sources: typeof brief, writers: typeof codes, levels: readonly number[]) {
  const rows = Object.entries(writers).map(([name, { kind, write }]) => {
    const judged = Object.entries(sources).flatMap(([source, samples]) =>
      levels.map((db) => ({ kind: judgeSound(write(atLevel(samples, db))).kind, source: `${source} at ${db} dB` })),
    );
    return { name, kind, judged, wrong: judged.filter((one) => one.kind !== kind) };
  });
  for (const { name, judged, wrong } of rows) {
    const errors = wrong.map((one) => `${one.source}: ${one.kind}`).join("; ");
    console.log(`${name.padEnd(18)} ${judged.length - wrong.length} of ${judged.length}${errors === "" ? "" : `  (${errors})`}`);
  }
  return rows;
}

for (const [title, sources, writers, levels] of [
  ["half a second of anything", brief, codes, [10, 0, -10, -18]],
  ["some words of speech", long, { ...codes, ...slowCodes }, [0, -18]],
] as const) {
  test(`judgeSound: recognises 95 % of the encodings of ${title} at any level, and all healthy audio`, () => {
    const rows = confusion(sources, writers, levels);
    const all = rows.flatMap(({ judged }) => judged).length;
    const wrong = rows.flatMap((row) => row.wrong).length;
    assert(wrong <= all * 0.05, `${wrong} of ${all} wrong`);
    assertEquals(rows.find(({ kind }) => kind === "mulaw")?.wrong, []);
  }, 120_000);
}

test("judgeSound: quiet A-law is A-law", () => {
  for (const samples of [speech, voice, seconds(speech, 4, 3), seconds(voice, 0, 2)]) {
    for (const db of [-20, -28]) assertEquals(judgeSound(encodeAlaw(atLevel(samples, db))).kind, "alaw");
  }
});

test("judgeSound: any part of mu-law speech, at any level, is mu-law", () => {
  const stretch = fc.record({
    from: fc.double({ min: 0, max: 9, noNaN: true }),
    length: fc.double({ min: 0.4, max: 8, noNaN: true }),
    db: fc.integer({ min: -30, max: 12 }),
    source: fc.constantFrom(speech, voice),
  });
  checkProperty(
    fc.property(stretch, ({ from, length, db, source }) => {
      const { kind, audibleMs } = judgeSound(encodeMulaw(atLevel(seconds(source, from, length), db)));
      return kind === "mulaw" || (kind === "silence" && audibleMs === 0);
    }),
    { numRuns: 40 },
  );
}, 120_000);

test("judgeSound: never throws on any bytes", () => {
  checkProperty(fc.property(fc.uint8Array({ maxLength: 6_000 }), (bytes) => judgeSound(bytes).audibleMs >= 0));
});

/** Encodings that telephony does not use. They have no kind of their own, but must not pass for mu-law. */
const strange: readonly (readonly [name: string, write: (samples: Int16Array) => Uint8Array])[] = [
  ["8-bit PCM", (samples) => Uint8Array.from(samples, (sample) => (sample >> 8) + 128)],
  ["8-bit signed PCM", (samples) => Uint8Array.from(samples, (sample) => sample >> 8)],
  ["floats of 8 kHz", (samples) => new Uint8Array(Float32Array.from(samples, (sample) => sample / 32_768).buffer)],
  ["floats of 24 kHz", (samples) => new Uint8Array(Float32Array.from(upsampled(samples, 24_000), (sample) => sample / 32_768).buffer)],
  ["mu-law with its bits not inverted", (samples) => encodeMulaw(samples).map((code) => ~code)],
];
for (const [name, write] of strange) {
  test(`judgeSound: ${name} is not taken for mu-law`, () => {
    for (const samples of [seconds(speech, 0, 5), voice]) assert(["noise", "pcm16"].includes(judgeSound(write(samples)).kind));
  });
}

const still: readonly (readonly [name: string, bytes: Uint8Array, kind: SoundKind])[] = [
  ["nothing", new Uint8Array(0), "silence"],
  ["silence", new Uint8Array(8000).fill(0xff), "silence"],
  ["negative zero", new Uint8Array(8000).fill(0x7f), "silence"],
  ["a quiet line", encodeMulaw(renderTones([{ hz: 400, dbfs: -60 }], 0, 8000)), "silence"],
  ["zeros", new Uint8Array(8000), "constant"],
  ["A-law silence", new Uint8Array(8000).fill(0xd5), "constant"],
];
for (const [name, bytes, kind] of still) test(`judgeSound: ${name} is ${kind}`, () => assertEquals(judgeSound(bytes).kind, kind));

test("judgeSound: random bytes are noise", () => {
  let state = 7;
  const bytes = Uint8Array.from({ length: 16_000 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0; // Numerical Recipes, 2nd edition, 7.1
    return state >>> 24;
  });
  assertEquals(judgeSound(bytes).kind, "noise");
});

test("judgeSound: counts clipped samples", () => {
  assert(judgeSound(encodeMulaw(atLevel(voice, 40))).clippedShare > 0.2);
  assertEquals(judgeSound(encodeMulaw(voice)).clippedShare, 0);
});

test("judgeSound: audio with a WAV header is a WAV file", () => {
  const header = formatWavHeader({ encoding: "mulaw", rateHz: 8000, channels: 1 }, 8000);
  assertEquals(judgeSound(Uint8Array.from([...header, ...encodeMulaw(voice).subarray(0, 8000)])).kind, "wav");
});

test("headerIn: finds audio file formats, and nothing in speech", () => {
  const start = (text: string): Uint8Array => Uint8Array.from([...text, ..."            "], (char) => char.charCodeAt(0));
  assertEquals(headerIn(start("OggS"))?.kind, "packed");
  assertEquals(headerIn(start("ID3\x04"))?.kind, "packed");
  assertEquals(headerIn(start("\0\0\0\x20ftypM4A "))?.kind, "packed");
  assertEquals(headerIn(readSpeech()), undefined);
});
