// Reads a whole WAV file back, strictly, for tests that listen to what voice recorded. Mono or stereo, 16-bit PCM or
// G.711 mu-law. Follows Microsoft & IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991), "WAVE",
// and RFC 2361 for format 7.

import type { Wav, WavFormat } from "../../src/audio/wav.ts";

const formatCodes = { pcm16: 1, mulaw: 7 } as const;
const sampleBytes = { pcm16: 2, mulaw: 1 } as const;
/**
 * Lengths from here on mean "to the end of the file": sox writes about 2 GiB when it writes to a pipe. Some writers
 * write 0.
 */
const leastUnknownBytes = 0x7fff_0000;
/** Above any converter's rate. */
const maxRateHz = 768_000;

/**
 * Reads a file, skipping other chunks; one of another kind, cut short or inconsistent gives `{ bad }`. `data` is a view
 * on the file, not a copy.
 */
export function parseWav(bytes: Uint8Array): Wav | { bad: string } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12) return { bad: `wav: expected at least 12 bytes, got ${bytes.length}` };
  const kind = `${tag(bytes, 0)}....${tag(bytes, 8)}`;
  if (kind !== "RIFF....WAVE") return { bad: `wav: expected "RIFF....WAVE", got "${kind}"` };
  const riffBytes = view.getUint32(4, true);
  const streamed = riffBytes === 0 || riffBytes >= leastUnknownBytes;
  const statedBytes = streamed ? bytes.length : 8 + riffBytes;
  // One byte too few is the padding of an odd last chunk, counted but not written.
  if (statedBytes > bytes.length + 1) return { bad: `wav: cut short: RIFF says ${statedBytes} bytes, got ${bytes.length}` };
  const end = Math.min(bytes.length, statedBytes);
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

/** Reads the samples from `rest`: the file from the data chunk's first byte on. */
function readData(rest: Uint8Array, size: number, streamed: boolean, format: WavFormat | undefined): Wav | { bad: string } {
  if (!format) return { bad: `wav: "data" before "fmt "` };
  const frameBytes = format.channels * sampleBytes[format.encoding];
  const unknown = size >= leastUnknownBytes || (size === 0 && streamed);
  // A stream may be cut anywhere: half a frame at its end is dropped.
  if (unknown) return { ...format, data: rest.subarray(0, rest.length - (rest.length % frameBytes)) };
  if (size > rest.length) return { bad: `wav: "data": says ${size} bytes, ${rest.length} are left` };
  if (size % frameBytes !== 0) return { bad: `wav: "data": ${size} bytes is not a whole number of ${frameBytes}-byte frames` };
  return { ...format, data: rest.subarray(0, size) };
}

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
