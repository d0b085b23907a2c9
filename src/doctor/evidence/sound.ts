// What audio is, decided by the signal itself: mu-law of 8 kHz, or something else that a server sent in its place. Not speech recognition, and not a verdict.
// Under the right reading audio can be predicted from what went before it; under a wrong one it is close to noise (audio/prediction.ts). So each
// reading is tried, and the best is believed where it is clearly better than mu-law.

import { decodeAlaw, decodeMulaw } from "../../audio/g711.ts";
import { levelDbfs, SILENCE_DBFS } from "../../audio/level.ts";
import { measurePace, type Pace, paceScore } from "../../audio/pace.ts";
import { decodePcm16 } from "../../audio/pcm16.ts";
import { meanOf, predictionGainDb } from "../../audio/prediction.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import { AUDIBLE_DBFS } from "../../simulators/twilio/heard-audio.ts";

/**
 * What audio can be. `mulaw`: as it should, or too little to say otherwise. `slow`: mu-law of a higher rate than 8 kHz. `packed`: a compressed format or its
 * container. `text`: base64 encoded twice, or other text. `constant`: one value, which is not silence. `silence`: nothing that can be heard.
 */
export type SoundKind = "mulaw" | "alaw" | "pcm16" | "slow" | "wav" | "packed" | "text" | "noise" | "constant" | "silence";

/** What a stretch of audio is. */
export interface Sound {
  readonly kind: SoundKind;
  /** One line, for people: what speaks for it. */
  readonly told: string;
  /** How much of it can be heard when it is played as mu-law of 8 kHz. */
  readonly audibleMs: number;
  /** The level of what can be heard, dBFS. */
  readonly levelDbfs: number;
  /** The part of the audible samples that lie at the loudest value there is: above a few in a hundred it sounds harsh. */
  readonly clippedShare: number;
}

/** Blocks of 64 ms: some periods of any voice, and long enough to predict from. */
const blockBytes = 512;
/** What is judged of a long stretch: what a machine says does not change its code in the middle. */
const longestBytes = 96_000;
/** What can be judged at all. Less is taken for what it should be. */
export const LEAST_AUDIBLE_MS = 300;
/** Mu-law that is as predictable as this is mu-law, whatever else it might be: tones are predictable in any reading. */
const surelyMulawDb = 12;
/** How much better another reading must be. Right and wrong readings of speech differ by 5 to 15 dB. */
const clearlyBetterDb = 3.5;
/** White noise has 0.1 dB; speech in its right reading at least 6. */
const noiseDb = 1.2;
/** Bytes that are no mu-law are mostly this loud when taken for it; speech that is as loud is overdriven, and its vowels are still this predictable. */
const loudNoiseDbfs = -4.5;
const loudSpeechDb = 2.8;
/** Below this paceScore speech is slower and lower than anybody's; of 17 voices none had less than -0.6 at 8 kHz, and 98 (82) of 100 stretches at a third (half) of the pace had. */
const slowestPace = -0.85;

/** Judges what mu-law bytes, as they were played, really are. */
export function judgeSound(bytes: Uint8Array): Sound {
  const heard = bytes.subarray(0, longestBytes);
  const blocks = audibleBlocks(heard);
  const audible = decodeMulaw(joined(blocks));
  const facts = {
    audibleMs: (blocks.length * blockBytes) / PCMU_BYTES_PER_MS,
    levelDbfs: audible.length === 0 ? SILENCE_DBFS : levelDbfs(audible),
    clippedShare: shareOf(audible, (sample) => Math.abs(sample) >= 32_124),
  };
  const header = headerIn(bytes);
  if (header !== undefined) return { ...header, ...facts };
  if (blocks.length === 0) return { ...judgeStill(heard), ...facts };
  if (facts.audibleMs < LEAST_AUDIBLE_MS)
    return { kind: "mulaw", told: `${Math.round(facts.audibleMs)} ms: too little to judge`, ...facts };
  return { ...judgeBlocks(heard, blocks), ...facts };
}

/** What stands at the beginning of audio that has a header, and which it is; undefined: none known. */
export function headerIn(bytes: Uint8Array): Pick<Sound, "kind" | "told"> | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  if (start.startsWith("RIFF") && start.endsWith("WAVE"))
    return { kind: "wav", told: 'it begins with the header of a WAV file, "RIFF....WAVE"' };
  const packed = packedFormats.find(([magic, , at = 0]) => start.startsWith(magic, at));
  return packed === undefined ? undefined : { kind: "packed", told: `it begins with ${JSON.stringify(packed[0])}: ${packed[1]}` };
}

/** The first bytes of formats that speech comes in: RFC 3533, Matroska's EBML, ID3v2, ISO/IEC 14496-12, RFC 9639, AU. */
const packedFormats: readonly (readonly [magic: string, name: string, at?: number])[] = [
  ["OggS", "an Ogg file, Opus or Vorbis"],
  ["\x1a\x45\xdf\xa3", "a WebM file"],
  ["ID3", "an MP3 file"],
  ["ftyp", "an MP4 file", 4],
  ["fLaC", "a FLAC file"],
  [".snd", "a Sun AU file"],
];

/** Blocks in which something can be heard, direct current left out: a constant cannot. */
function audibleBlocks(bytes: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at + blockBytes <= bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes);
    const samples = decodeMulaw(block);
    const mean = meanOf(samples);
    if (levelDbfs(Int16Array.from(samples, (sample) => (sample - mean) / 2)) + 6.02 >= AUDIBLE_DBFS) blocks.push(block);
  }
  return blocks;
}

/** Audio in which nothing moves. */
function judgeStill(bytes: Uint8Array): Pick<Sound, "kind" | "told"> {
  const mean = Math.round(meanOf(decodeMulaw(bytes)));
  const [first = 0xff] = bytes;
  if (Math.abs(mean) < 500) return { kind: "silence", told: "nothing in it is louder than a quiet line" };
  const code = `0x${first.toString(16).padStart(2, "0")}`;
  return {
    kind: "constant",
    told: `it stands still at ${mean} of 32767, bytes of ${code}: mu-law silence is 0xff, and 0x00 is its loudest value`,
  };
}

function judgeBlocks(bytes: Uint8Array, blocks: readonly Uint8Array[]): Pick<Sound, "kind" | "told"> {
  const characters = shareOf(bytes, isBase64Code);
  if (characters > 0.999) return { kind: "text", told: "its bytes are letters and digits: base64 encoded twice, or text" };
  const mulaw = medianGain(blocks, decodeMulaw, 2);
  const readings = otherReadings.map(({ kind, name, decode }) => ({ kind, name, gain: medianGain(blocks, decode, 2) }));
  const best = readings.reduce((most, reading) => (reading.gain > most.gain ? reading : most));
  const gains = `predictable from what went before by ${mulaw.toFixed(1)} dB as mu-law, by ${best.gain.toFixed(1)} dB as ${best.name}`;
  if (mulaw < surelyMulawDb && best.gain > mulaw + clearlyBetterDb)
    return { kind: best.kind, told: `by its signal it is ${best.name} (${gains})` };
  const loudDbfs = levelDbfs(decodeMulaw(joined(blocks)));
  const isNoise = medianGain(blocks, decodeMulaw, 10) < noiseDb || (loudDbfs > loudNoiseDbfs && mulaw < loudSpeechDb);
  if (isNoise) return { kind: "noise", told: `it cannot be told from noise in any reading (${gains})` };
  const pace = measurePace(decodeMulaw(bytes));
  if (pace !== undefined && isSlow(pace)) return { kind: "slow", told: tellPace(pace) };
  return { kind: "mulaw", told: "mu-law of 8 kHz" };
}

/** In each byte order; one whose first byte was lost is the other parity. */
const otherReadings = [
  { kind: "alaw", name: "A-law", decode: decodeAlaw },
  { kind: "pcm16", name: "16-bit PCM", decode: decodePcm16 },
  { kind: "pcm16", name: "16-bit PCM shifted by a byte", decode: (block: Uint8Array) => decodePcm16(block.subarray(1)) },
  {
    kind: "pcm16",
    name: "16-bit PCM, high byte first",
    decode: (block: Uint8Array) => decodePcm16(block.map((_, at) => block[at ^ 1] ?? 0)),
  },
  { kind: "noise", name: "8-bit PCM", decode: (block: Uint8Array) => Int16Array.from(block, (byte) => (byte - 128) << 8) },
  { kind: "noise", name: "8-bit signed PCM", decode: (block: Uint8Array) => Int16Array.from(block, (byte) => (byte << 24) >> 16) },
  { kind: "noise", name: "32-bit floats", decode: decodeFloats },
] as const;

/** 32-bit little-endian floats of full scale 1, as browsers and models' own code have them; what is no such number is silence. */
function decodeFloats(block: Uint8Array): Int16Array {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  return Int16Array.from({ length: block.length >> 2 }, (_, at) => {
    const value = view.getFloat32(at * 4, true);
    return Math.abs(value) <= 1 ? value * 32_767 : 0;
  });
}

/** Speech only: with enough voice in it, whose pitch moves as a voice's does and is no octave's guess. */
function isSlow(pace: Pace): boolean {
  const isSpeech = pace.pitchedBlocks >= 15 && pace.pitchSpread > 0.02 && pace.pitchSpread < 1.2;
  return isSpeech && paceScore(pace) < slowestPace;
}

function tellPace({ pitchHz, middleHz, rhythmHz }: Pace): string {
  const measured = `pitch ${Math.round(pitchHz)} Hz, middle of the spectrum ${Math.round(middleHz)} Hz, syllables ${rhythmHz.toFixed(1)} Hz`;
  return `speech slower and lower than a human voice (${measured}): mu-law of 16 or 24 kHz played at 8`;
}

function isBase64Code(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || base64Signs.has(code);
}

/** + / = and the line break (RFC 4648, 4). */
const base64Signs: ReadonlySet<number> = new Set([0x2b, 0x2f, 0x3d, 0x0a]);

function medianGain(blocks: readonly Uint8Array[], decode: (bytes: Uint8Array) => Int16Array, order: number): number {
  const gains = blocks.map((block) => predictionGainDb(decode(block), order)).sort((one, other) => one - other);
  return gains[gains.length >> 1] ?? 0;
}

function joined(blocks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(blocks.length * blockBytes);
  blocks.forEach((block, index) => {
    bytes.set(block, index * blockBytes);
  });
  return bytes;
}

function shareOf(values: Uint8Array | Int16Array, fits: (value: number) => boolean): number {
  let count = 0;
  for (const value of values) if (fits(value)) count += 1;
  return values.length === 0 ? 0 : count / values.length;
}
