// The three audio formats of a Realtime session: their sizes, and conversion to and from mu-law, which brains use.
// Follows https://developers.openai.com/api/reference/resources/realtime (RealtimeAudioFormats)

import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw, transcodeAlawToMulaw } from "../../audio/g711.ts";
import { decodePcm16, encodePcm16 } from "../../audio/pcm16.ts";
import { createDownsampler, createUpsampler } from "../../audio/resample.ts";

/** In the wire's spelling. PCM is 16 bits, little-endian, 24 kHz only. G.711 is 8 kHz and has no `rate`. */
export type AudioFormat =
  | { readonly type: "audio/pcm"; readonly rate: 24_000 }
  | { readonly type: "audio/pcmu" }
  | { readonly type: "audio/pcma" };

/** A tick is the duration of one byte of PCM. A millisecond is 48 bytes of PCM or 8 bytes of G.711. */
export const TICKS_PER_MS = 48;

/** The duration of `byteCount` bytes, in ticks. */
export function ticksOf(format: AudioFormat, byteCount: number): number {
  return format.type === "audio/pcm" ? byteCount : byteCount * 6;
}

export function bytesOfMs(format: AudioFormat, ms: number): number {
  return ms * (format.type === "audio/pcm" ? 48 : 8);
}

/** Decodes bytes to linear samples at the format's own rate. */
export function decodeSamples(format: AudioFormat, bytes: Uint8Array): Int16Array {
  switch (format.type) {
    case "audio/pcm":
      return decodePcm16(bytes);
    case "audio/pcmu":
      return decodeMulaw(bytes);
    case "audio/pcma":
      return decodeAlaw(bytes);
  }
}

/** Converts mu-law to a format. For audio/pcmu, returns the same bytes. */
export function fromMulaw(format: AudioFormat, mulaw: Uint8Array): Uint8Array {
  switch (format.type) {
    case "audio/pcm":
      return encodePcm16(createUpsampler(24_000).push(decodeMulaw(mulaw)));
    case "audio/pcmu":
      return mulaw;
    case "audio/pcma":
      return encodeAlaw(decodeMulaw(mulaw));
  }
}

/** Converts a format's bytes to mu-law. For audio/pcmu, returns the same bytes. */
export function toMulaw(format: AudioFormat, bytes: Uint8Array): Uint8Array {
  switch (format.type) {
    case "audio/pcm":
      return encodeMulaw(createDownsampler(24_000).push(decodePcm16(bytes)));
    case "audio/pcmu":
      return bytes;
    case "audio/pcma":
      return transcodeAlawToMulaw(bytes);
  }
}
