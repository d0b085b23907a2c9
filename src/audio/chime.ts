// The sound that assures a waiting caller that the call is still up: two soft notes. Not music on hold, and unlike any
// telephone signal.

import { Buffer } from "node:buffer";
import { encodeMulaw } from "./g711.ts";
import { renderTones } from "./tone.ts";

const RATE_HZ = 8_000;
/**
 * C5 and E5: not DTMF frequencies (ITU-T Q.23), nor those of ringing, busy and dial tones (ITU-T E.180, supplement 2).
 */
const NOTES_HZ: readonly number[] = [523.25, 659.26];
const NOTE_MS = 200;
/**
 * Well below speech, which is about -20 dBFS on a telephone line (ITU-T P.56 and G.100: -26 dBov at most), so as not to
 * startle.
 */
const LEVEL_DBFS = -25;
/** Without a fade, a note clicks at both ends. */
const FADE_MS = 30;

/** Base64 PCMU, 400 ms. */
export function chime(): string {
  const notes = NOTES_HZ.map((hz) => fade(renderTones([{ hz, dbfs: LEVEL_DBFS }], 0, (NOTE_MS * RATE_HZ) / 1_000)));
  return Buffer.concat(notes.map(encodeMulaw)).toString("base64");
}

/** Fades in and out by half a cosine. */
function fade(samples: Int16Array): Int16Array {
  const length = (FADE_MS * RATE_HZ) / 1_000;
  return samples.map((sample, at) => {
    const fromEdge = Math.min(at, samples.length - 1 - at);
    return fromEdge >= length ? sample : Math.round(sample * (0.5 - 0.5 * Math.cos((Math.PI * fromEdge) / length)));
  });
}
