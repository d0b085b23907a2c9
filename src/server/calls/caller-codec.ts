// Converts the caller leg's audio when it is not PCMU: to PCMU on the way in, from PCMU on the way out. The call itself
// knows PCMU only. Twilio documents audio/x-mulaw alone, but sends the format in `start.mediaFormat`, so voice reads it
// there:
// https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message

import { Buffer } from "node:buffer";
import { decodeMulaw, encodeAlaw, transcodeAlawToMulaw } from "../../audio/g711.ts";
import type { MediaFormat } from "../../protocol/media-streams/media-streams.ts";

/**
 * Both directions of one stream, in base64. Stateless: a lost or repeated frame affects no other. Durations do not
 * change.
 */
export interface CallerCodec {
  toPcmu(payload: string): string;
  fromPcmu(payload: string): string;
}

/** The hot path: nothing is decoded. */
const pcmu: CallerCodec = { toPcmu: (payload) => payload, fromPcmu: (payload) => payload };

const pcma: CallerCodec = {
  toPcmu: (payload) => toBase64(transcodeAlawToMulaw(Buffer.from(payload, "base64"))),
  fromPcmu: (payload) => toBase64(encodeAlaw(decodeMulaw(Buffer.from(payload, "base64")))),
};

/**
 * By media type in lower case (RFC 2045 5.1: they are case-insensitive): Twilio's names, and those registered in RFC
 * 3551 and RFC 2046.
 */
const codecs: Readonly<Record<string, CallerCodec>> = {
  "audio/x-mulaw": pcmu,
  "audio/pcmu": pcmu,
  "audio/basic": pcmu,
  "audio/x-alaw": pcma,
  "audio/pcma": pcma,
};

/**
 * The codec of a stream's format; undefined for an unsupported one, whose caller hears a sentence. Linear samples
 * (audio/x-l16) are unsupported: the twilio package's types list them, but no document gives their byte order, and the
 * wrong one is noise at full volume.
 */
export function callerCodec({ encoding, sampleRateHz, channels }: MediaFormat): CallerCodec | undefined {
  if (sampleRateHz !== 8_000 || channels !== 1) return undefined;
  const name = encoding.toLowerCase();
  return Object.hasOwn(codecs, name) ? codecs[name] : undefined;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
