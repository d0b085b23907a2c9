// Loudness in dBFS. Here and in tone.ts 0 dBFS is a sine whose peaks are 32767 (AES17), so that a tone rendered at -20
// dBFS measures -20. Other scales: dBov (RFC 6464, sox's "RMS lev dB") calls a square wave 0 and is 3.01 lower; 0 dBm0
// on a telephone line is -3.17 dBFS.

/** The peak of a full-scale sine, 0 dBFS, as a 16-bit sample. */
const FULL_SCALE_PEAK = 32_767;

/**
 * The level of digital silence and of no samples. Not minus infinity, which JSON cannot hold (RFC 6464, section 3, does
 * the same).
 */
export const SILENCE_DBFS = -127;

/** RMS level in dBFS, at least SILENCE_DBFS; a full-scale square wave measures +3.01. */
export function levelDbfs(samples: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] as number) ** 2;
  return samples.length === 0 ? SILENCE_DBFS : peakToDbfs(Math.sqrt((2 * sum) / samples.length));
}

/** `peak`: of a sine, in sample units. At least SILENCE_DBFS. */
export function peakToDbfs(peak: number): number {
  return Math.max(SILENCE_DBFS, 20 * Math.log10(peak / FULL_SCALE_PEAK));
}

/** The peak of a sine, in sample units. */
export function dbfsToPeak(dbfs: number): number {
  return FULL_SCALE_PEAK * 10 ** (dbfs / 20);
}
