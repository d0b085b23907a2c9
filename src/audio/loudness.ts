// Estimates whether a frame of PCMU is as loud as speech from a few of its bytes, while it is still base64: the hot
// path decodes nothing. Not a voice detector: noise can be as loud as speech. Levels by the segments of ITU-T G.711,
// table 2a.

/** The base64 alphabet (RFC 4648, section 4). */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Samples one byte in six: the first of every second group of four characters. */
const STRIDE_CHARS = 8;
/** Segments 3 to 7 hold magnitudes from 892 of 32,768: telephone speech is there, a quiet line and its noise below. */
const LOUD_SEGMENT = 3;
/** Speech has quiet moments within 20 ms too: a sine is beyond 0.7 of its peak half of the time. */
const LOUD_SHARE = 0.2;

/**
 * By the character that begins a group: 1 when its byte is loud. The character holds the byte's first six bits: the
 * sign, the three of the segment, and two more. All are inverted on the line.
 */
const loudFirst = Uint8Array.from({ length: 128 }, (_, character) => {
  const sextet = ALPHABET.indexOf(String.fromCharCode(character));
  return sextet >= 0 && ((~sextet >> 2) & 0x07) >= LOUD_SEGMENT ? 1 : 0;
});

/** Whether a base64 PCMU payload is as loud as speech, about -30 dBFS or more; an empty one is not. */
export function isLoud(payload: string): boolean {
  let loud = 0;
  // It takes two characters to hold a byte.
  const end = payload.length - 1;
  for (let at = 0; at < end; at += STRIDE_CHARS) loud += loudFirst[payload.charCodeAt(at) & 0x7f] as number;
  return loud > 0 && loud >= Math.ceil(end / STRIDE_CHARS) * LOUD_SHARE;
}
