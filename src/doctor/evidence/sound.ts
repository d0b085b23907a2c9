// What audio is, judged by its signal: mu-law at 8 kHz, or something else that a server sent instead. Not speech
// recognition, and not a verdict. Read correctly, audio can be predicted from what came before; read wrongly, it is
// close to noise (audio/prediction.ts). So each reading is tried, and the best one is believed where it is clearly
// better than mu-law.

import { decodeAlaw, decodeMulaw } from "../../audio/g711.ts";
import { levelDbfs, SILENCE_DBFS } from "../../audio/level.ts";
import { measurePace, type Pace, paceScore } from "../../audio/pace.ts";
import { decodePcm16 } from "../../audio/pcm16.ts";
import { meanOf, predictionGainDb } from "../../audio/prediction.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import { AUDIBLE_DBFS } from "../../simulators/twilio/heard-audio.ts";

/**
 * - `mulaw`: as it should be, or too little to say otherwise.
 * - `slow`: mu-law at a higher rate than 8 kHz.
 * - `packed`: a compressed format or its container.
 * - `text`: base64 encoded twice, or other text.
 * - `constant`: one value that is not silence.
 * - `silence`: nothing audible.
 */
export type SoundKind = "mulaw" | "alaw" | "pcm16" | "slow" | "wav" | "packed" | "text" | "noise" | "constant" | "silence";

export interface Sound {
  readonly kind: SoundKind;
  /** One line: what it is, and what shows it. */
  readonly description: string;
  /** How much of it is audible when played as mu-law at 8 kHz. */
  readonly audibleMs: number;
  /** Of the audible part. */
  readonly levelDbfs: number;
  /** The share of audible samples at the loudest value; above a few percent it sounds harsh. */
  readonly clippedShare: number;
}

/** 64 ms: several periods of any voice, and long enough to predict from. */
const blockBytes = 512;
/** Longer audio is judged by its beginning: a server does not change the encoding midway. */
const longestBytes = 96_000;
/** Less audio cannot be judged, and passes for mu-law. */
export const MIN_AUDIBLE_MS = 300;
/** Mu-law this predictable is mu-law, even when another reading is better: tones are predictable in any reading. */
const surelyMulawDb = 12;
/** How much better another reading must be. Right and wrong readings of speech differ by 5 to 15 dB. */
const clearlyBetterDb = 3.5;
/**
 * The same for A-law, once a second is audible. Quiet A-law is close to mu-law, but in no second of real mu-law, at any
 * level from +6 to -34 dB, was A-law better by more than 0.
 */
const alawBetterDb = 1;
const alawBlocks = 16;
/** White noise has 0.1 dB, speech read correctly at least 6. */
const noiseDb = 1.2;
/**
 * Bytes that are not mu-law are mostly this loud when read as mu-law. Speech this loud is overdriven, but its vowels
 * stay predictable.
 */
const loudNoiseDbfs = -4.5;
const loudSpeechDb = 2.8;
/**
 * Speech with a lower paceScore is slower and deeper than a human voice. None of 17 voices was below -0.6 at 8 kHz; at
 * a third of the pace 98 % of the samples were, and at half the pace 82 %.
 */
const slowestPace = -0.85;

/** Judges bytes that were played as mu-law. */
export function judgeSound(bytes: Uint8Array, minDbfs: number = AUDIBLE_DBFS): Sound {
  const heard = bytes.subarray(0, longestBytes);
  const blocks = audibleBlocks(heard, minDbfs);
  const audible = decodeMulaw(joined(blocks));
  const facts = {
    audibleMs: (blocks.length * blockBytes) / PCMU_BYTES_PER_MS,
    levelDbfs: audible.length === 0 ? SILENCE_DBFS : levelDbfs(audible),
    clippedShare: shareOf(audible, (sample) => Math.abs(sample) >= 32_124),
  };
  const header = headerIn(bytes);
  if (header !== undefined) return { ...header, ...facts };
  if (blocks.length === 0) return { ...judgeStill(heard), ...facts };
  if (facts.audibleMs < MIN_AUDIBLE_MS)
    return { kind: "mulaw", description: `${Math.round(facts.audibleMs)} ms: too little to judge`, ...facts };
  return { ...judgeBlocks(heard, blocks), ...facts };
}

/** The file format that audio begins with; undefined: no known header. */
export function headerIn(bytes: Uint8Array): Pick<Sound, "kind" | "description"> | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  if (start.startsWith("RIFF") && start.endsWith("WAVE"))
    return { kind: "wav", description: 'it begins with a WAV file header, "RIFF....WAVE"' };
  if (beginsWithFrames(bytes, mp3FrameBytes)) return { kind: "packed", description: "it begins with MP3 frames" };
  if (beginsWithFrames(bytes, aacFrameBytes)) return { kind: "packed", description: "it begins with AAC frames (ADTS)" };
  const packed = packedFormats.find(([magic, , at = 0]) => start.startsWith(magic, at));
  return packed === undefined ? undefined : { kind: "packed", description: `it begins with ${JSON.stringify(packed[0])}: ${packed[1]}` };
}

/** Frames that follow each other, more than chance: mu-law has every byte. */
const MIN_FRAMES = 3;

function beginsWithFrames(bytes: Uint8Array, frameBytes: (bytes: Uint8Array, at: number) => number): boolean {
  let at = 0;
  for (let frames = 0; frames < MIN_FRAMES; frames++) {
    const length = at + 7 <= bytes.length ? frameBytes(bytes, at) : 0;
    if (length === 0) return false;
    at += length;
  }
  return true;
}

/** kbit/s of Layer III by the header's index: MPEG-1, MPEG-2 and 2.5 (ISO/IEC 11172-3 and 13818-3). */
const mp3Rates = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
const mp3RatesHz = [44_100, 48_000, 32_000] as const;

/** 0: no header of an MP3 frame. */
function mp3FrameBytes(bytes: Uint8Array, at: number): number {
  const [b0 = 0, b1 = 0, b2 = 0] = bytes.subarray(at, at + 3);
  const version = (b1 >> 3) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const rateHz = (mp3RatesHz[(b2 >> 2) & 3] ?? 0) / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const kbits = mp3Rates[version === 3 ? 0 : 1][b2 >> 4] ?? 0;
  const isHeader = b0 === 0xff && b1 >= 0xe0 && version !== 1 && ((b1 >> 1) & 3) === 1;
  if (!isHeader || kbits === 0 || rateHz === 0) return 0;
  return Math.floor(((version === 3 ? 144_000 : 72_000) * kbits) / rateHz) + ((b2 >> 1) & 1);
}

/** 0: no ADTS header (ISO/IEC 13818-7). */
function aacFrameBytes(bytes: Uint8Array, at: number): number {
  const [b0 = 0, b1 = 0, , b3 = 0, b4 = 0, b5 = 0] = bytes.subarray(at, at + 6);
  if (b0 !== 0xff || (b1 & 0xf6) !== 0xf0) return 0;
  const length = ((b3 & 3) << 11) | (b4 << 3) | (b5 >> 5);
  return length >= 7 ? length : 0;
}

/** The first bytes of audio file formats: RFC 3533, Matroska's EBML, ID3v2, ISO/IEC 14496-12, RFC 9639, AU. */
const packedFormats: readonly (readonly [magic: string, name: string, at?: number])[] = [
  ["OggS", "an Ogg file, Opus or Vorbis"],
  ["\x1a\x45\xdf\xa3", "a WebM file"],
  ["ID3", "an MP3 file"],
  ["ftyp", "an MP4 file", 4],
  ["fLaC", "a FLAC file"],
  [".snd", "a Sun AU file"],
];

/** Blocks that are audible without their DC offset: a constant is not. */
function audibleBlocks(bytes: Uint8Array, minDbfs: number): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at + blockBytes <= bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes);
    const samples = decodeMulaw(block);
    const mean = meanOf(samples);
    if (levelDbfs(Int16Array.from(samples, (sample) => (sample - mean) / 2)) + 6.02 >= minDbfs) blocks.push(block);
  }
  return blocks;
}

/** Judges audio without an audible block. */
function judgeStill(bytes: Uint8Array): Pick<Sound, "kind" | "description"> {
  const mean = Math.round(meanOf(decodeMulaw(bytes)));
  const [first = 0xff] = bytes;
  if (Math.abs(mean) < 500) return { kind: "silence", description: "silence: nothing is louder than a quiet line" };
  const code = `0x${first.toString(16).padStart(2, "0")}`;
  return {
    kind: "constant",
    description: `a constant ${mean} of 32767, bytes of ${code}: mu-law silence is 0xff, and 0x00 is the loudest value`,
  };
}

function judgeBlocks(bytes: Uint8Array, blocks: readonly Uint8Array[]): Pick<Sound, "kind" | "description"> {
  const characters = shareOf(bytes, isBase64Code);
  if (characters > 0.999) return { kind: "text", description: "the bytes are letters and digits: base64 encoded twice, or text" };
  const mulaw = medianGain(blocks, decodeMulaw, 2);
  const readings = otherReadings.map(({ kind, name, decode }) => ({ kind, name, gain: medianGain(blocks, decode, 2) }));
  const best = readings.reduce((most, reading) => (reading.gain > most.gain ? reading : most));
  const gains = `prediction gain ${mulaw.toFixed(1)} dB as mu-law, ${best.gain.toFixed(1)} dB as ${best.name}`;
  const betterDb = best.kind === "alaw" && blocks.length >= alawBlocks ? alawBetterDb : clearlyBetterDb;
  if (mulaw < surelyMulawDb && best.gain > mulaw + betterDb)
    return { kind: best.kind, description: `the signal is ${best.name} (${gains})` };
  const loudDbfs = levelDbfs(decodeMulaw(joined(blocks)));
  const isNoise = medianGain(blocks, decodeMulaw, 10) < noiseDb || (loudDbfs > loudNoiseDbfs && mulaw < loudSpeechDb);
  if (isNoise) return { kind: "noise", description: `noise in every known encoding (${gains})` };
  const pace = measurePace(decodeMulaw(bytes));
  if (pace !== undefined && isSlow(pace)) return { kind: "slow", description: describePace(pace) };
  return { kind: "mulaw", description: "mu-law at 8 kHz" };
}

/** 16-bit PCM in both byte orders, and with its first byte lost. */
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

/** 32-bit little-endian floats with full scale 1, as browsers and model code use. Anything else is read as silence. */
function decodeFloats(block: Uint8Array): Int16Array {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  return Int16Array.from({ length: block.length >> 2 }, (_, at) => {
    const value = view.getFloat32(at * 4, true);
    return Math.abs(value) <= 1 ? value * 32_767 : 0;
  });
}

/** For speech only: enough of it is voiced, and its pitch moves as a voice's does and not by octave errors. */
function isSlow(pace: Pace): boolean {
  const isSpeech = pace.pitchedBlocks >= 15 && pace.pitchSpread > 0.02 && pace.pitchSpread < 1.2;
  return isSpeech && paceScore(pace) < slowestPace;
}

function describePace({ pitchHz, middleHz, rhythmHz }: Pace): string {
  const measured = `pitch ${Math.round(pitchHz)} Hz, spectral centre ${Math.round(middleHz)} Hz, syllables ${rhythmHz.toFixed(1)} Hz`;
  return `speech slower and deeper than a human voice (${measured}): mu-law at 16 or 24 kHz, played at 8`;
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
