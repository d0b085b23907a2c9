// G.711 (PCMU and PCMA) to and from 16-bit linear samples, by table, and A-law straight to mu-law.
// Not a codec for packets: the caller cuts and joins frames. Follows ITU-T G.711 (11/88), whose 14-bit (mu-law) and 13-bit (A-law)
// values are here left-aligned to 16 bits, as everybody has them. https://www.itu.int/rec/T-REC-G.711

/** The mu-law code of silence, decision value +0 (ITU-T G.711, table 2a). */
export const MULAW_SILENCE = 0xff;

/** The A-law code of silence, the smallest positive value with its even bits inverted (ITU-T G.711, table 1a): A-law has no zero. */
export const ALAW_SILENCE = 0xd5;

/** Added to a mu-law magnitude so that each of the 8 segments starts at a power of two: 33 of the 14-bit scale, times 4. */
const mulawBias = 0x84;
/** The largest magnitude that mu-law can tell from a larger one: 32767 less the bias. */
const mulawClip = 32635;
/** A-law inverts the even bits on the line (ITU-T G.711, table 1a, note 2). */
const alawMask = 0x55;

const mulawDecoded = Int16Array.from({ length: 256 }, (_, code) => mulawSample(code));
const alawDecoded = Int16Array.from({ length: 256 }, (_, code) => alawSample(code));
// Encoding tables are indexed by the sample's 16 bits unsigned, so that a negative sample needs no branch. Made when first used: the hot path of a call
// encodes nothing, and making both takes longer than all else that the program does before it listens.
const mulawEncoded = onFirstUse(() => Uint8Array.from({ length: 65_536 }, (_, bits) => mulawCode((bits << 16) >> 16)));
const alawEncoded = onFirstUse(() => Uint8Array.from({ length: 65_536 }, (_, bits) => alawCode((bits << 16) >> 16)));
const alawToMulaw = Uint8Array.from(alawDecoded, (sample) => mulawCode(sample));

/** Decodes mu-law, one byte a sample, to 16-bit linear samples (-32124 to 32124); total, every byte is a code. */
export function decodeMulaw(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) samples[i] = mulawDecoded[bytes[i] as number] as number;
  return samples;
}

/** Encodes 16-bit linear samples to mu-law, one byte a sample; louder than 32635 is clipped. */
export function encodeMulaw(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  const codes = mulawEncoded();
  for (let i = 0; i < samples.length; i++) bytes[i] = codes[(samples[i] as number) & 0xffff] as number;
  return bytes;
}

/** Decodes A-law, one byte a sample, to 16-bit linear samples (-32256 to 32256); total, every byte is a code. */
export function decodeAlaw(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) samples[i] = alawDecoded[bytes[i] as number] as number;
  return samples;
}

/** Encodes 16-bit linear samples to A-law, one byte a sample. */
export function encodeAlaw(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  const codes = alawEncoded();
  for (let i = 0; i < samples.length; i++) bytes[i] = codes[(samples[i] as number) & 0xffff] as number;
  return bytes;
}

/** Turns A-law bytes into mu-law bytes, as decoding and encoding would. */
export function transcodeAlawToMulaw(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = alawToMulaw[bytes[i] as number] as number;
  return out;
}

function onFirstUse(make: () => Uint8Array): () => Uint8Array {
  let made: Uint8Array | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function mulawSample(code: number): number {
  const bits = ~code & 0xff; // all bits are inverted on the line (table 2a, note 2)
  const magnitude = ((((bits & 0x0f) << 3) + mulawBias) << ((bits & 0x70) >> 4)) - mulawBias;
  return bits & 0x80 ? -magnitude : magnitude;
}

function mulawCode(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const biased = Math.min(Math.abs(sample), mulawClip) + mulawBias;
  const segment = 24 - Math.clz32(biased);
  return ~(sign | (segment << 4) | ((biased >> (segment + 3)) & 0x0f)) & 0xff;
}

function alawSample(code: number): number {
  const bits = code ^ alawMask;
  const segment = (bits & 0x70) >> 4;
  const step = ((bits & 0x0f) << 4) + 8; // the middle of the step; segments 0 and 1 have steps of one size
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

function alawCode(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80;
  const magnitude = Math.min(Math.abs(sample), 32_767);
  const segment = Math.max(0, 24 - Math.clz32(magnitude));
  const step = magnitude >> (segment === 0 ? 4 : segment + 3);
  return (sign | (segment << 4) | (step & 0x0f)) ^ alawMask;
}
