// The three audio formats of a Realtime session: their sizes, and the way to and from mu-law, which the prompts and the brains speak.
// Follows https://developers.openai.com/api/reference/resources/realtime (RealtimeAudioFormats).

import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw, transcodeAlawToMulaw } from "../../audio/g711.ts";
import { decodePcm16, encodePcm16 } from "../../audio/pcm16.ts";
import { createDownsampler, createUpsampler } from "../../audio/resample.ts";

/** A format as the wire spells it: PCM is 16 bits, little-endian, 24 kHz only; the two of G.711 are 8 kHz and have no `rate`. */
export type AudioFormat =
  | { readonly type: "audio/pcm"; readonly rate: 24_000 }
  | { readonly type: "audio/pcmu" }
  | { readonly type: "audio/pcma" };

/** Parts of a millisecond that a byte of any format is a whole number of: 48 bytes of PCM make a millisecond, and 8 of G.711. */
export const TICKS_PER_MS = 48;

/** How long so many bytes last, in ticks. */
export function ticksOf(format: AudioFormat, byteCount: number): number {
  return format.type === "audio/pcm" ? byteCount : byteCount * 6;
}

/** How many bytes so many whole milliseconds take. */
export function bytesOfMs(format: AudioFormat, ms: number): number {
  return ms * (format.type === "audio/pcm" ? 48 : 8);
}

/** Decodes bytes to linear samples, at the format's own rate. */
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

/** Turns mu-law into a format; mu-law itself passes byte for byte. */
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

/** Turns a format's bytes into mu-law; mu-law itself passes byte for byte. */
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
