// WAV files: header and whole file written, whole file read. Mono or stereo, 16-bit PCM or G.711 mu-law; nothing else is understood.
// Follows Microsoft & IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991), "WAVE", and RFC 2361 for format 7.

/** What the samples are: 16-bit little-endian linear PCM (format 1), or G.711 mu-law (format 7, RFC 2361 A.7). */
export type WavEncoding = "pcm16" | "mulaw";

/** The shape of a WAV file's samples; of two channels the left comes first, sample by sample. */
export type WavFormat = { readonly encoding: WavEncoding; readonly rateHz: number; readonly channels: 1 | 2 };

/** A WAV file as read: its shape, and its samples' bytes (a view on the file, not a copy), whole sample frames only. */
export type Wav = WavFormat & { readonly data: Uint8Array };

const formatCodes = { pcm16: 1, mulaw: 7 } as const;
const sampleBytes = { pcm16: 2, mulaw: 1 } as const;
/** The length that a writer gives who cannot go back to set it: read as "to the end of the file". Some write 0. */
const unknownBytes = 0xffff_ffff;
/** sox writes about 2 GiB into a pipe: no file read whole into memory is that long, so it means the same. */
const leastUnknownBytes = 0x7fff_0000;
/** Above any converter's rate: a larger one is nonsense, not audio. */
const maxRateHz = 768_000;

/**
 * Formats the header that comes before `dataBytes` bytes of samples, or before a number not yet known: 44 bytes for PCM, 58 for mu-law.
 * Odd data is to be followed by a zero byte.
 */
export function formatWavHeader(format: WavFormat, dataBytes?: number): Uint8Array {
  const { encoding, rateHz, channels } = format;
  const frameBytes = channels * sampleBytes[encoding];
  if (dataBytes !== undefined && dataBytes % frameBytes !== 0) throw new Error(`BUG: wav: ${dataBytes} bytes hold half a frame`);
  const known = dataBytes !== undefined && dataBytes < leastUnknownBytes;
  // Formats other than PCM carry the size of their extension (here none) and the number of sample frames in a "fact" chunk.
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

/** Formats a whole file: header, samples' bytes, and the padding of odd data. */
export function formatWav({ data, ...format }: Wav): Uint8Array {
  const header = formatWavHeader(format, data.length);
  const file = new Uint8Array(header.length + data.length + (data.length % 2));
  file.set(header);
  file.set(data, header.length);
  return file;
}

/** Reads a whole WAV file, skipping chunks it has no use for; a file of another kind, cut short or contradicting itself is `{ bad }`. */
export function parseWav(bytes: Uint8Array): Wav | { bad: string } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12) return { bad: `wav: expected at least 12 bytes, got ${bytes.length}` };
  const kind = `${tag(bytes, 0)}....${tag(bytes, 8)}`;
  if (kind !== "RIFF....WAVE") return { bad: `wav: expected "RIFF....WAVE", got "${kind}"` };
  const riffBytes = view.getUint32(4, true);
  const streamed = riffBytes === 0 || riffBytes >= leastUnknownBytes;
  const saidBytes = streamed ? bytes.length : 8 + riffBytes;
  // One byte too few is the padding of an odd last chunk, counted but not written.
  if (saidBytes > bytes.length + 1) return { bad: `wav: cut short: RIFF says ${saidBytes} bytes, got ${bytes.length}` };
  const end = Math.min(bytes.length, saidBytes);
  let format: WavFormat | undefined;
  let offset = 12;
  while (offset + 8 <= end) {
    const name = tag(bytes, offset);
    const size = view.getUint32(offset + 4, true);
    const start = offset + 8;
    if (name === "data") return readData(bytes.subarray(start, end), size, streamed, format);
    if (start + size > end) return { bad: `wav: chunk "${name}" at ${offset}: says ${size} bytes, ${end - start} are left` };
    if (name === "fmt ") {
      if (format) return { bad: `wav: a second "fmt " chunk at ${offset}` };
      const read = readFormat(view, start, size);
      if ("bad" in read) return read;
      format = read;
    }
    offset = start + size + (size % 2);
  }
  return { bad: `wav: no "data" chunk in ${bytes.length} bytes` };
}

function readFormat(view: DataView, start: number, size: number): WavFormat | { bad: string } {
  if (size < 16) return { bad: `wav: "fmt ": expected at least 16 bytes, got ${size}` };
  const u16At = (at: number) => view.getUint16(start + at, true);
  const [code, channels, rateHz, frameBytes, bits] = [u16At(0), u16At(2), view.getUint32(start + 4, true), u16At(12), u16At(14)];
  const encoding = code === formatCodes.pcm16 ? "pcm16" : code === formatCodes.mulaw ? "mulaw" : undefined;
  if (!encoding) return { bad: `wav: format: expected 1 (PCM) or 7 (mu-law), got ${code}` };
  if (channels !== 1 && channels !== 2) return { bad: `wav: channels: expected 1 or 2, got ${channels}` };
  if (rateHz < 1 || rateHz > maxRateHz) return { bad: `wav: rate: expected 1 to ${maxRateHz} Hz, got ${rateHz}` };
  const bytesPerSample = sampleBytes[encoding];
  if (bits !== bytesPerSample * 8) return { bad: `wav: bits a sample: expected ${bytesPerSample * 8} for ${encoding}, got ${bits}` };
  if (frameBytes !== channels * bytesPerSample)
    return { bad: `wav: block align: expected ${channels * bytesPerSample}, got ${frameBytes}` };
  return { encoding, rateHz, channels };
}

/** Takes the samples out of `rest`, the file from the data chunk's first byte on. */
function readData(rest: Uint8Array, size: number, streamed: boolean, format: WavFormat | undefined): Wav | { bad: string } {
  if (!format) return { bad: `wav: "data" before "fmt "` };
  const frameBytes = format.channels * sampleBytes[format.encoding];
  const unknown = size >= leastUnknownBytes || (size === 0 && streamed);
  // A stream may have been cut anywhere: half a frame at its end is dropped.
  if (unknown) return { ...format, data: rest.subarray(0, rest.length - (rest.length % frameBytes)) };
  if (size > rest.length) return { bad: `wav: "data": says ${size} bytes, ${rest.length} are left` };
  if (size % frameBytes !== 0) return { bad: `wav: "data": ${size} bytes are no whole number of ${frameBytes}-byte frames` };
  return { ...format, data: rest.subarray(0, size) };
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

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
