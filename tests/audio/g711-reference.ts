// The G.711 encoder of the ITU's software tool library (ITU-T G.191, ulaw_compress and alaw_compress) as the
// Recommendation states it: it searches the decision values of tables 1a and 2a, where src/audio does arithmetic on
// bits. Negative samples by one's complement, as in G.191. Also the helpers with which tests and vectors/render-g711.ts
// compare whole encoders.

/** A stretch of samples with one code: its first sample, and the code; it ends where the next begins. */
export type Run = readonly [firstSample: number, code: number];

/** A stretch of samples for which two encoders give different codes: first and last sample, our code, theirs. */
export type Difference = readonly [firstSample: number, lastSample: number, ours: number, theirs: number];

/** Every 16-bit sample, ascending. */
export const allSamples: Int16Array = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);

/** Spreads runs over all 65,536 samples, ascending. */
export function tableOfRuns(runs: readonly Run[]): Uint8Array {
  const table = new Uint8Array(allSamples.length);
  for (const [firstSample, code] of runs) table.fill(code, firstSample + 32_768);
  return table;
}

/** Lists where two encoders' codes of all 65,536 samples differ. */
export function differences(ours: Uint8Array, theirs: Uint8Array): Difference[] {
  const list: [number, number, number, number][] = [];
  for (const [i, our] of ours.entries()) {
    const their = theirs[i] ?? -1;
    const last = list.at(-1);
    const sample = i - 32_768;
    if (our === their) continue;
    if (last && last[1] === sample - 1 && last[2] === our && last[3] === their) last[1] = sample;
    else list.push([sample, sample, our, their]);
  }
  return list;
}

/**
 * Decision values x0, x1, ... of 16-bit magnitudes: the first segment's first and other steps, then 7 segments of 16
 * doubling steps.
 */
function decisionValues(firstStep: number, step: number, doublesFrom: number): number[] {
  const values = [0];
  for (let n = 0; n < 127; n++) {
    const segment = n >> 4;
    const width = n === 0 ? firstStep : step << Math.max(0, segment - doublesFrom);
    values.push((values.at(-1) ?? 0) + width);
  }
  return values;
}

// Table 2a, of 8159 in 14 bits: steps of 1, then 15 of 2, 16 of 4, 16 of 8 ... (times 4).
const mulawDecisions = decisionValues(4, 8, 0);
// Table 1a, of 4096 in 13 bits: 32 steps of 2, 16 of 4, 16 of 8 ... (times 8).
const alawDecisions = decisionValues(16, 16, 1);

/** Encodes one sample to mu-law as ITU-T G.191's ulaw_compress does. */
export function ituMulaw(sample: number): number {
  const number = interval(mulawDecisions, sample);
  return 0xff ^ (number | (sample < 0 ? 0x80 : 0));
}

/** Encodes one sample to A-law as ITU-T G.191's alaw_compress does. */
export function ituAlaw(sample: number): number {
  const number = interval(alawDecisions, sample);
  return 0x55 ^ (number | (sample < 0 ? 0 : 0x80));
}

/** The number of the interval that holds the sample's magnitude: the last decision value that is not above it. */
function interval(decisions: readonly number[], sample: number): number {
  const magnitude = sample < 0 ? ~sample : sample;
  return decisions.findLastIndex((value) => value <= magnitude);
}
