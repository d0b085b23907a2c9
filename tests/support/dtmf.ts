// Renders DTMF tones and recognises them in one block. Not a full receiver: it ignores durations and pauses.
// Frequencies: ITU-T Q.23. Limits: ITU-T Q.24, table A-1, the column of AT&T.

import { levelDbfs } from "../../src/audio/level.ts";
import type { Tone } from "../../src/audio/tone.ts";
import { renderTones, toneLevelDbfs } from "../../src/audio/tone.ts";

/** ITU-T Q.23: digits, star, pound, and A to D, which few telephones have. */
export const DTMF_KEYS = ["1", "2", "3", "A", "4", "5", "6", "B", "7", "8", "9", "C", "*", "0", "#", "D"] as const;

export type DtmfKey = (typeof DTMF_KEYS)[number];

const rowsHz = [697, 770, 852, 941] as const;
const columnsHz = [1209, 1336, 1477, 1633] as const;

/** Below this a tone does not count (Q.24: detected down to -25 dBm, not below -55 dBm). */
const minToneDbfs = -40;
/**
 * How much louder the low tone may be than the high one, which lines attenuate more (Q.24: 8 dB), and vice versa (4
 * dB).
 */
const maxForwardTwistDb = 8;
const maxReverseTwistDb = 4;
/** The other three tones of a group must be this much quieter than the loudest. */
const minLeadDb = 6;
/** How far the two tones together may be below the whole block: in a key press they are nearly all of it. */
const maxRestDb = 1.5;
/** A tone may be this far off (Q.24: at least 1.5 %), and not further (3.5 %). */
const nearOffsets = [-0.02, -0.01, 0, 0.01, 0.02] as const;
const farOffsets = [-0.03, 0.03] as const;
/** In less than one Media Streams frame, neighbouring rows (73 Hz apart) cannot be separated. */
const minBlockSeconds = 0.02;

/** The two tones of a key, low group first, each at `dbfs`. */
export function dtmfTones(key: DtmfKey, dbfs = -10): readonly [Tone, Tone] {
  const index = DTMF_KEYS.indexOf(key);
  return [
    { hz: rowsHz[index >> 2] as number, dbfs },
    { hz: columnsHz[index & 3] as number, dbfs },
  ];
}

/** A key press, each tone at `dbfs`. 800 samples at 8 kHz are a usual one. */
export function renderDtmf(key: DtmfKey, sampleCount: number, dbfs = -10, rateHz = 8000): Int16Array {
  return renderTones(dtmfTones(key, dbfs), 0, sampleCount, rateHz);
}

/**
 * The key whose two tones fill the block. Undefined for speech, silence, a single tone, twist or frequencies beyond
 * Q.24, and blocks under 20 ms. For blocks of 20 to 100 ms; 205 samples at 8 kHz are usual.
 */
export function detectDtmf(samples: Int16Array, rateHz = 8000): DtmfKey | undefined {
  const blockDbfs = levelDbfs(samples);
  if (samples.length < minBlockSeconds * rateHz || blockDbfs < minToneDbfs) return undefined;
  const row = strongest(samples, rowsHz, rateHz);
  const column = strongest(samples, columnsHz, rateHz);
  if (row === undefined || column === undefined) return undefined;
  const twistDb = row.dbfs - column.dbfs;
  if (twistDb > maxForwardTwistDb || twistDb < -maxReverseTwistDb) return undefined;
  const bothDbfs = 10 * Math.log10(10 ** (row.dbfs / 10) + 10 ** (column.dbfs / 10));
  if (blockDbfs - bothDbfs > maxRestDb) return undefined;
  return DTMF_KEYS[row.index * 4 + column.index];
}

/** The one tone of a group that stands out and has the right frequency. */
function strongest(samples: Int16Array, group: readonly number[], rateHz: number): { index: number; dbfs: number } | undefined {
  const levelNear = (hz: number, offsets: readonly number[]) =>
    Math.max(...offsets.map((offset) => toneLevelDbfs(samples, hz * (1 + offset), rateHz)));
  const levels = group.map((hz) => levelNear(hz, nearOffsets));
  const dbfs = Math.max(...levels);
  const index = levels.indexOf(dbfs);
  if (dbfs < minToneDbfs || levels.filter((level) => level > dbfs - minLeadDb).length > 1) return undefined;
  // Louder further off: it is a tone of another frequency.
  return levelNear(group[index] as number, farOffsets) < dbfs ? { index, dbfs } : undefined;
}
