// What gallery servers say: real speech, and the mistakes that programs make on its way to Twilio.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-media-message: mu-law, 8000 Hz, no
// header.

import { readFileSync } from "node:fs";
import { decodeMulaw, encodeAlaw, encodeMulaw, MULAW_SILENCE } from "../../../src/audio/g711.ts";
import { levelDbfs } from "../../../src/audio/level.ts";
import { encodePcm16 } from "../../../src/audio/pcm16.ts";
import { createUpsampler } from "../../../src/audio/resample.ts";
import { formatWavHeader } from "../../../src/audio/wav.ts";

const jfk = new Uint8Array(readFileSync(new URL("../../data/jfk.ulaw", import.meta.url)));
/** Offset of the recording's first word, bytes. */
const firstWord = 2_400;

/** Real speech, PCMU, from the first word on, repeated as needed. */
export function speech(ms: number): Uint8Array {
  const words = jfk.subarray(firstWord);
  return Uint8Array.from({ length: ms * 8 }, (_, at) => words[at % words.length] ?? MULAW_SILENCE);
}

/** Turns PCMU into what a program with a mistake sends instead. */
export type Spoil = (pcmu: Uint8Array) => Uint8Array;

const upsampled = (pcmu: Uint8Array, rateHz: 16_000 | 24_000): Int16Array => {
  const resampler = createUpsampler(rateHz);
  return resampler.push(decodeMulaw(pcmu));
};

export const spoils = {
  pcm16At8k: (pcmu) => encodePcm16(decodeMulaw(pcmu)),
  /** What the model sends unless the session asks for PCMU. */
  pcm16At24k: (pcmu) => encodePcm16(upsampled(pcmu, 24_000)),
  pcm16BigEndian: (pcmu) => {
    const bytes = encodePcm16(decodeMulaw(pcmu));
    return bytes.map((_, at) => bytes[at ^ 1] ?? 0);
  },
  mulawAt16k: (pcmu) => encodeMulaw(upsampled(pcmu, 16_000)),
  mulawAt24k: (pcmu) => encodeMulaw(upsampled(pcmu, 24_000)),
  alaw: (pcmu) => encodeAlaw(decodeMulaw(pcmu)),
  silence: (pcmu) => new Uint8Array(pcmu.length).fill(MULAW_SILENCE),
  wav: (pcmu) => Uint8Array.from([...formatWavHeader({ encoding: "mulaw", rateHz: 8_000, channels: 1 }, pcmu.length), ...pcmu]),
  noise: (pcmu) => noise(pcmu.length),
  /** A gain of 20 in front of the encoder. */
  clipped: (pcmu) => encodeMulaw(decodeMulaw(pcmu).map((sample) => Math.max(-32_768, Math.min(32_767, sample * 20)))),
  /** Frames of 104 bytes: MPEG-2 Layer III, 32 kbit/s, 22,050 Hz. */
  mp3: (pcmu) => noise(pcmu.length).map((byte, at) => [0xff, 0xf3, 0x40, 0xc4][at % 104] ?? byte),
  /** The base64 text itself, taken for samples. */
  textAsAudio: (pcmu) => new TextEncoder().encode(Buffer.from(pcmu).toString("base64")),
} as const satisfies Readonly<Record<string, Spoil>>;

/** A second of steady noise, as an office or a line has it, samples of 16 bits. */
const background = Int16Array.from(noise(16_000).subarray(0, 8_000), (byte) => (byte - 127.5) * 256);
const backgroundDbfs = levelDbfs(background);

/** Adds steady noise to a frame that is played at `atMs`. */
export function overBackground(pcmu: Uint8Array, atMs: number, dbfs: number): Uint8Array {
  const gain = 10 ** ((dbfs - backgroundDbfs) / 20);
  return encodeMulaw(decodeMulaw(pcmu).map((sample, at) => sample + (background[(atMs * 8 + at) % background.length] ?? 0) * gain));
}

/** Random bytes, the same on every run (a linear congruential generator: Numerical Recipes, 7.1). */
function noise(length: number): Uint8Array {
  let state = 0x2f6e2b1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
