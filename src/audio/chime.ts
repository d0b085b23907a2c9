// The sound that says that somebody is still there: two soft notes, made once. Not music on hold, and no signal of the telephone's own.

import { Buffer } from "node:buffer";
import { encodeMulaw } from "./g711.ts";
import { renderTones } from "./tone.ts";

/** Samples a second of PCMU. */
const RATE_HZ = 8_000;
/** C5 and E5: neither among the frequencies of DTMF (ITU-T Q.23) nor of ringing, busy and dial tones (ITU-T E.180, supplement 2). */
const NOTES_HZ: readonly number[] = [523.25, 659.26];
const NOTE_MS = 200;
/** Well under speech, which lies about -20 dBFS on a telephone line (ITU-T P.56 and G.100: -26 dBov at most), so that it startles nobody. */
const LEVEL_DBFS = -25;
/** A note that begins or ends at once clicks. */
const FADE_MS = 30;

/** The chime, base64 PCMU, 400 ms. */
export function chime(): string {
  const notes = NOTES_HZ.map((hz) => fade(renderTones([{ hz, dbfs: LEVEL_DBFS }], 0, (NOTE_MS * RATE_HZ) / 1_000)));
  return Buffer.concat(notes.map(encodeMulaw)).toString("base64");
}

/** Raises and lowers a note by a half cosine. */
function fade(samples: Int16Array): Int16Array {
  const length = (FADE_MS * RATE_HZ) / 1_000;
  return samples.map((sample, at) => {
    const fromEdge = Math.min(at, samples.length - 1 - at);
    return fromEdge >= length ? sample : Math.round(sample * (0.5 - 0.5 * Math.cos((Math.PI * fromEdge) / length)));
  });
}
