// Converts G.711 (PCMU and PCMA) to and from 16-bit linear samples, and A-law directly to mu-law, by table. Frames are
// the caller's business. Follows ITU-T G.711 (11/88), https://www.itu.int/rec/T-REC-G.711 . Its 14-bit (mu-law) and
// 13-bit (A-law) values are left-aligned to 16 bits here, as in every common implementation.

/** The mu-law code of silence, decision value +0 (ITU-T G.711, table 2a). */
export const MULAW_SILENCE = 0xff;

/**
 * Added to a mu-law magnitude so that each of the 8 segments starts at a power of two: 33 of the 14-bit scale, times 4.
 */
const mulawBias = 0x84;
/** Larger magnitudes have the same code: 32767 less the bias. */
const mulawClip = 32635;
/** A-law inverts the even bits on the line (ITU-T G.711, table 1a, note 2). */
const alawMask = 0x55;

const mulawDecoded = Int16Array.from({ length: 256 }, (_, code) => mulawSample(code));
const alawDecoded = Int16Array.from({ length: 256 }, (_, code) => alawSample(code));
// Encoding tables are indexed by the sample's 16 bits as an unsigned number, so that negative samples need no branch.
// They are built on first use: the hot path of a call encodes nothing, and building both takes longer than the rest of
// the start-up.
const mulawEncoded = onFirstUse(() => Uint8Array.from({ length: 65_536 }, (_, bits) => mulawCode((bits << 16) >> 16)));
const alawEncoded = onFirstUse(() => Uint8Array.from({ length: 65_536 }, (_, bits) => alawCode((bits << 16) >> 16)));
const alawToMulaw = Uint8Array.from(alawDecoded, (sample) => mulawCode(sample));

/** One byte per sample; samples from -32124 to 32124. */
export function decodeMulaw(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) samples[i] = mulawDecoded[bytes[i] as number] as number;
  return samples;
}

/** One byte per sample; magnitudes above 32635 are clipped. */
export function encodeMulaw(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  const codes = mulawEncoded();
  for (let i = 0; i < samples.length; i++) bytes[i] = codes[(samples[i] as number) & 0xffff] as number;
  return bytes;
}

/** One byte per sample; samples from -32256 to 32256, never 0: A-law has no code for it. */
export function decodeAlaw(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) samples[i] = alawDecoded[bytes[i] as number] as number;
  return samples;
}

export function encodeAlaw(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  const codes = alawEncoded();
  for (let i = 0; i < samples.length; i++) bytes[i] = codes[(samples[i] as number) & 0xffff] as number;
  return bytes;
}

/** Equals encodeMulaw(decodeAlaw(bytes)). */
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
  const step = ((bits & 0x0f) << 4) + 8; // the middle of the step; segments 0 and 1 have the same step size
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
