// Whether somebody is speaking into a frame of PCMU, told from a few of its bytes while it is still base64: for the hot path, which decodes nothing.
// Not a voice detector: noise can be as loud as words. Levels by the segments of ITU-T G.711, table 2a.

/** Where the characters of base64 stand in its alphabet (RFC 4648, section 4). */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const sextets = Uint8Array.from({ length: 128 }, (_, code) => Math.max(0, ALPHABET.indexOf(String.fromCharCode(code))));

/** One byte is looked at of every six: the first of every second group of four characters. */
const STRIDE_CHARS = 8;
/** Segments 3 to 7 hold magnitudes from 892 of 32,768 on: words on the telephone lie there, a quiet line and its noise below. */
const LOUD_SEGMENT = 3;
/** Words have pauses within 20 ms too: a sine is beyond 0.7 of its peak half of the time. */
const LOUD_SHARE = 0.2;

/** Whether a base64 PCMU payload is as loud as speech, about -30 dBFS or more; an empty one is not. */
export function isLoud(payload: string): boolean {
  let looked = 0;
  let loud = 0;
  for (let at = 0; at + 1 < payload.length; at += STRIDE_CHARS) {
    const first = sextets[payload.charCodeAt(at) & 0x7f] ?? 0;
    const second = sextets[payload.charCodeAt(at + 1) & 0x7f] ?? 0;
    // All bits are inverted on the line; bits 4 to 6 are the segment.
    const code = ~((first << 2) | (second >> 4));
    looked += 1;
    if (((code >> 4) & 0x07) >= LOUD_SEGMENT) loud += 1;
  }
  return looked > 0 && loud >= looked * LOUD_SHARE;
}
