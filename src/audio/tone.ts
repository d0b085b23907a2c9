// Renders tones, and measures the level of one frequency (Goertzel). Not a spectrum: call it once per frequency.
// A tone has no state: it is a function of the sample number since it began, so that blocks join without a phase jump.

import { dbfsToPeak, peakToDbfs } from "./level.ts";

/** A sine; 0 dBFS is full scale (level.ts). */
export type Tone = { readonly hz: number; readonly dbfs: number };

/**
 * Renders the sum of tones that began with phase 0 at sample 0, starting at `fromSample`; a sum beyond full scale is
 * clipped.
 */
export function renderTones(tones: readonly Tone[], fromSample: number, sampleCount: number, rateHz = 8000): Int16Array {
  const samples = new Int16Array(sampleCount);
  const sines = tones.map(({ hz, dbfs }) => ({ turnsPerSample: hz / rateHz, peak: dbfsToPeak(dbfs) }));
  for (let i = 0; i < sampleCount; i++) {
    let sum = 0;
    for (const { turnsPerSample, peak } of sines) {
      sum += peak * Math.sin(2 * Math.PI * turnsPerSample * (fromSample + i));
    }
    samples[i] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return samples;
}

/**
 * The level of one frequency in a block: the level of a sine of `hz` alone. Frequencies within about rateHz /
 * samples.length of `hz` count too. Exact when the block holds whole periods, otherwise within 1 dB from 5 periods up.
 * An empty block measures SILENCE_DBFS.
 */
export function toneLevelDbfs(samples: Int16Array, hz: number, rateHz = 8000): number {
  if (samples.length === 0) return peakToDbfs(0);
  // Goertzel (1958) with a bin number that need not be whole: s[n] = x[n] + 2 cos(w) s[n-1] - s[n-2].
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
  let previous = 0;
  let beforePrevious = 0;
  for (let i = 0; i < samples.length; i++) {
    const current = (samples[i] as number) + coefficient * previous - beforePrevious;
    beforePrevious = previous;
    previous = current;
  }
  const power = previous ** 2 + beforePrevious ** 2 - coefficient * previous * beforePrevious;
  return peakToDbfs((2 * Math.sqrt(Math.max(0, power))) / samples.length);
}
