// What the selftest's callers and models say: tones, noise and speech as PCMU. Generated or compiled in, so that the
// binary needs no file.

import { encodeMulaw } from "../audio/g711.ts";
import { renderTones } from "../audio/tone.ts";
import { promptAudio } from "../simulators/openai/brains/prompts/prompts.ts";

/** As loud as telephone speech, well above silence. */
const TONE_DBFS = -12;
const BYTES_PER_MS = 8;

export function tone(hz: number, ms: number): Uint8Array {
  return encodeMulaw(renderTones([{ hz, dbfs: TONE_DBFS }], 0, ms * BYTES_PER_MS));
}

/**
 * Noise in which no stretch occurs twice, so that every part shows where it is from. Equal seeds, equal noise.
 */
export function noise(seed: number, ms: number): Uint8Array {
  let state = seed;
  const samples = Int16Array.from({ length: ms * BYTES_PER_MS }, () => {
    // Numerical Recipes' linear congruential generator, 2nd edition, 7.1; the high half is the better one.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >> 16) >> 2;
  });
  return encodeMulaw(samples);
}

/** The beginning of a spoken prompt, without the silence before it; at most `ms`. */
export function speech(ms: number): Uint8Array {
  const all = promptAudio("greeting");
  const start = all.findIndex((code) => (code & 0x7f) < 0x50); // a mu-law magnitude well above silence (0x7f)
  return all.slice(start, start + ms * BYTES_PER_MS);
}
