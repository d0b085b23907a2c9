// Estimates whether a frame of PCMU is as loud as speech from a few of its bytes, while it is still base64: the hot
// path decodes nothing. Not a voice detector: noise can be as loud as speech. Levels by the segments of ITU-T G.711,
// table 2a.

/** The base64 alphabet (RFC 4648, section 4). */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const sextets = Uint8Array.from({ length: 128 }, (_, code) => Math.max(0, ALPHABET.indexOf(String.fromCharCode(code))));

/** Samples one byte in six: the first of every second group of four characters. */
const STRIDE_CHARS = 8;
/** Segments 3 to 7 hold magnitudes from 892 of 32,768: telephone speech is there, a quiet line and its noise below. */
const LOUD_SEGMENT = 3;
/** Speech has quiet moments within 20 ms too: a sine is beyond 0.7 of its peak half of the time. */
const LOUD_SHARE = 0.2;

/** Whether a base64 PCMU payload is as loud as speech, about -30 dBFS or more; an empty one is not. */
export function isLoud(payload: string): boolean {
  let sampled = 0;
  let loud = 0;
  for (let at = 0; at + 1 < payload.length; at += STRIDE_CHARS) {
    const first = sextets[payload.charCodeAt(at) & 0x7f] ?? 0;
    const second = sextets[payload.charCodeAt(at + 1) & 0x7f] ?? 0;
    // All bits are inverted on the line; bits 4 to 6 are the segment.
    const code = ~((first << 2) | (second >> 4));
    sampled += 1;
    if (((code >> 4) & 0x07) >= LOUD_SEGMENT) loud += 1;
  }
  return sampled > 0 && loud >= sampled * LOUD_SHARE;
}
