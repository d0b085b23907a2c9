// The caller leg's audio where it is not PCMU: to PCMU on the way in, from PCMU on the way out. Not the rules of a call, which know PCMU only.
// Twilio documents audio/x-mulaw alone, yet sends the format in `start.mediaFormat`: taken as data. https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message
//
//   callerCodec(format: CallerFormat): CallerCodec | undefined      CallerCodec = { toPcmu(payload): payload; fromPcmu(payload): payload }, base64 each

import { Buffer } from "node:buffer";
import { decodeMulaw, encodeAlaw, transcodeAlawToMulaw } from "../../audio/g711.ts";
import type { CallerFormat } from "../../call/events.ts";

/** Both directions of one stream's audio. It has no state: a frame more, less or twice harms no other. */
export interface CallerCodec {
  /** A payload of the caller's, base64, as PCMU, base64: as many milliseconds. */
  toPcmu(payload: string): string;
  /** A payload of the model's, base64 PCMU, as the caller's format, base64: as many milliseconds. */
  fromPcmu(payload: string): string;
}

/** PCMU both ways: the hot path, not decoded. */
const pcmu: CallerCodec = { toPcmu: (payload) => payload, fromPcmu: (payload) => payload };

const pcma: CallerCodec = {
  toPcmu: (payload) => toBase64(transcodeAlawToMulaw(Buffer.from(payload, "base64"))),
  fromPcmu: (payload) => toBase64(encodeAlaw(decodeMulaw(Buffer.from(payload, "base64")))),
};

/** By media type in small letters (RFC 2045 5.1: they have no case): Twilio's names, and the registered ones of RFC 3551 and RFC 2046. */
const codecs: Readonly<Record<string, CallerCodec>> = {
  "audio/x-mulaw": pcmu,
  "audio/pcmu": pcmu,
  "audio/basic": pcmu,
  "audio/x-alaw": pcma,
  "audio/pcma": pcma,
};

/**
 * The codec of a stream's format; undefined for one that is refused, with words. Linear samples (audio/x-l16) are among those: the twilio package's types have
 * them, no document says in which order their bytes come, and the wrong one is noise at full level in a caller's ear.
 */
export function callerCodec({ encoding, sampleRateHz, channels }: CallerFormat): CallerCodec | undefined {
  if (sampleRateHz !== 8_000 || channels !== 1) return undefined;
  const name = encoding.toLowerCase();
  return Object.hasOwn(codecs, name) ? codecs[name] : undefined;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
