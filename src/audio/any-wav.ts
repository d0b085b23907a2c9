// Reads WAV files that users supply, of any common format, as a telephone would carry them: one channel, 8 kHz. Writing
// WAV files: wav.ts. Follows "Multimedia Programming Interface and Data Specifications 1.0" (RIFF WAVE) and
// WAVEFORMATEXTENSIBLE.

import { decodeAlaw, decodeMulaw } from "./g711.ts";

const TELEPHONE_HZ = 8_000;
/** Zero crossings of the sinc on each side: about 60 dB of stop-band attenuation with a Hann window. */
const HALF_LENGTH = 16;
/** Share of the lower rate's band that passes; the rest is the filter's transition. */
const PASS_BAND = 0.92;

/** Reads the sample at an offset, from -1 to 1. */
type ReadSample = (view: DataView, at: number) => number;

interface Format {
  readonly rateHz: number;
  readonly channels: number;
  readonly sampleBytes: number;
  readonly read: ReadSample;
}

/** By format code and bits per sample. */
const readers: Readonly<Record<string, ReadSample>> = {
  "1/8": (view, at) => (view.getUint8(at) - 128) / 128,
  "1/16": (view, at) => view.getInt16(at, true) / 32_768,
  "1/24": (view, at) => ((view.getInt16(at + 1, true) << 8) | view.getUint8(at)) / 8_388_608,
  "1/32": (view, at) => view.getInt32(at, true) / 2_147_483_648,
  "3/32": (view, at) => view.getFloat32(at, true),
  "3/64": (view, at) => view.getFloat64(at, true),
  "6/8": (view, at) => (decodeAlaw(Uint8Array.of(view.getUint8(at)))[0] ?? 0) / 32_768,
  "7/8": (view, at) => (decodeMulaw(Uint8Array.of(view.getUint8(at)))[0] ?? 0) / 32_768,
};

/** WAVE_FORMAT_EXTENSIBLE: the real code is in the extension. */
const EXTENSIBLE = 0xfffe;

/** Samples at 8 kHz, the channels mixed. A file that is cut short gives the samples that it has. */
export function wavAsTelephone(bytes: Uint8Array): Int16Array | { readonly bad: string } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || tag(0) !== "RIFF" || tag(8) !== "WAVE") return { bad: "wav: expected RIFF....WAVE" };
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (tag(at) === "fmt " && start + 16 <= bytes.length) {
      const read = readFormat(view, start, size);
      if ("bad" in read) return read;
      format = read;
    } else if (tag(at) === "data" && format !== undefined) {
      return toTelephone(mono(view, start, Math.min(bytes.length, start + size), format), format.rateHz);
    }
    at = start + size + (size % 2);
  }
  return { bad: format === undefined ? 'wav: no "fmt " before the samples' : 'wav: no "data"' };
}

function readFormat(view: DataView, start: number, size: number): Format | { readonly bad: string } {
  const stated = view.getUint16(start, true);
  const code = stated === EXTENSIBLE && size >= 26 && start + 26 <= view.byteLength ? view.getUint16(start + 24, true) : stated;
  const [channels, rateHz, bits] = [view.getUint16(start + 2, true), view.getUint32(start + 4, true), view.getUint16(start + 14, true)];
  const read = readers[`${code}/${bits}`];
  if (read === undefined) return { bad: `wav: format ${code} with ${bits} bits is not supported` };
  if (channels < 1 || rateHz < 1_000 || rateHz > 768_000)
    return { bad: `wav: expected 1 channel or more at 1000 to 768000 Hz, got ${channels} at ${rateHz} Hz` };
  return { rateHz, channels, sampleBytes: bits / 8, read };
}

function mono(view: DataView, start: number, end: number, { channels, sampleBytes, read }: Format): Float64Array {
  const frameBytes = channels * sampleBytes;
  const samples = new Float64Array(Math.floor((end - start) / frameBytes));
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += read(view, start + i * frameBytes + channel * sampleBytes);
    samples[i] = sum / channels;
  }
  return samples;
}

/** Resamples by windowed-sinc interpolation, which works for any ratio. */
function toTelephone(samples: Float64Array, rateHz: number): Int16Array {
  const ratio = rateHz / TELEPHONE_HZ;
  const cutoff = ratio > 1 ? PASS_BAND / ratio : 1;
  const reach = Math.ceil(HALF_LENGTH / cutoff);
  const out = new Int16Array(Math.floor(samples.length / ratio));
  for (let i = 0; i < out.length; i++) {
    const centre = i * ratio;
    let sum = 0;
    for (let at = Math.max(0, Math.ceil(centre - reach)); at <= Math.min(samples.length - 1, centre + reach); at++) {
      sum += (samples[at] ?? 0) * tap((at - centre) * cutoff, (at - centre) / reach) * cutoff;
    }
    out[i] = Math.round(Math.max(-1, Math.min(32_767 / 32_768, sum)) * 32_768);
  }
  return out;
}

function tap(x: number, position: number): number {
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  return sinc * (0.5 + 0.5 * Math.cos(Math.PI * position));
}
