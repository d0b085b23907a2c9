// Writes WAV files, a header alone or the whole file: mono or stereo, 16-bit PCM or G.711 mu-law. Reading the WAV files
// that users supply: any-wav.ts. Follows Microsoft & IBM, Multimedia Programming Interface and Data Specifications 1.0
// (1991), "WAVE", and RFC 2361 for format 7.

/** 16-bit little-endian linear PCM (format 1), or G.711 mu-law (format 7, RFC 2361 A.7). */
export type WavEncoding = "pcm16" | "mulaw";

/** Two channels are interleaved sample by sample, left first. */
export type WavFormat = { readonly encoding: WavEncoding; readonly rateHz: number; readonly channels: 1 | 2 };

/** `data`: the samples' bytes, whole sample frames only. */
export type Wav = WavFormat & { readonly data: Uint8Array };

const formatCodes = { pcm16: 1, mulaw: 7 } as const;
const sampleBytes = { pcm16: 2, mulaw: 1 } as const;
/**
 * The length that streaming writers use because they cannot go back to set it; readers take it as "to the end of the
 * file".
 */
const unknownBytes = 0xffff_ffff;
/** Readers take lengths from here on as unknown: sox writes about 2 GiB when it writes to a pipe. */
const leastUnknownBytes = 0x7fff_0000;

/**
 * Formats the header of `dataBytes` bytes of samples; undefined: the length is not known yet. 44 bytes for PCM, 58 for
 * mu-law. The caller pads odd data with a zero byte.
 */
export function formatWavHeader(format: WavFormat, dataBytes?: number): Uint8Array {
  const { encoding, rateHz, channels } = format;
  const frameBytes = channels * sampleBytes[encoding];
  if (dataBytes !== undefined && dataBytes % frameBytes !== 0) throw new Error(`BUG: wav: ${dataBytes} bytes hold half a frame`);
  const known = dataBytes !== undefined && dataBytes < leastUnknownBytes;
  // Formats other than PCM have an extension size (here 0) and a "fact" chunk with the number of sample frames.
  const extra = encoding === "pcm16" ? [] : [u16(0), ascii("fact"), u32(4), u32(known ? dataBytes / frameBytes : unknownBytes)];
  const fmtBytes = encoding === "pcm16" ? 16 : 18;
  const headerBytes = encoding === "pcm16" ? 44 : 58;
  return Uint8Array.from(
    [
      ascii("RIFF"),
      u32(known ? headerBytes - 8 + dataBytes + (dataBytes % 2) : unknownBytes),
      ascii("WAVE"),
      ascii("fmt "),
      u32(fmtBytes),
      u16(formatCodes[encoding]),
      u16(channels),
      u32(rateHz),
      u32(rateHz * frameBytes),
      u16(frameBytes),
      u16(sampleBytes[encoding] * 8),
      ...extra,
      ascii("data"),
      u32(known ? dataBytes : unknownBytes),
    ].flat(),
  );
}

/** Formats a whole file, odd data padded. */
export function formatWav({ data, ...format }: Wav): Uint8Array {
  const header = formatWavHeader(format, data.length);
  const file = new Uint8Array(header.length + data.length + (data.length % 2));
  file.set(header);
  file.set(data, header.length);
  return file;
}

function ascii(text: string): number[] {
  return Array.from(text, (char) => char.charCodeAt(0));
}

function u16(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff];
}

function u32(value: number): number[] {
  return [...u16(value & 0xffff), ...u16(value >>> 16)];
}
