// Measures whether speech has a human pace. Audio of 16 or 24 kHz played at 8 kHz is two or three times slower and
// lower: the pitch, the median of the spectrum and the rhythm of the syllables, which differ little between people, all
// shrink together. Not speech recognition. Usual values: Hollien & Shipp, J. Speech Hear. Res. 15 (1972), for pitch;
// Houtgast & Steeneken, J. Acoust. Soc. Am. 77 (1985), for the rhythm.

import { peakToDbfs } from "./level.ts";
import { meanOf } from "./prediction.ts";

export interface Pace {
  /** Median over the blocks that have a pitch. */
  readonly pitchHz: number;
  /**
   * How far the pitch moves: half the distance between the 10th and 90th percentiles, divided by the median. About 0
   * for a tone.
   */
  readonly pitchSpread: number;
  /** Half of the power is below this frequency; every block has the same weight. */
  readonly middleHz: number;
  /** Centre of the spectrum of the loudness over time: about 3 to 4 Hz in speech. */
  readonly rhythmHz: number;
  /** Blocks of 64 ms that have a pitch. */
  readonly pitchedBlocks: number;
}

const rateHz = 8000;
const blockLength = 512;
/** Far below any telephone speech: quieter blocks are skipped. */
const minDbfs = -45;
/** From the highest voice to the lowest voice at a third of its pace. */
const shortestLag = Math.floor(rateHz / 450);
const longestLag = Math.floor(rateHz / 28);
/** Least correlation of a block with itself one period later. */
const minPeriodicity = 0.6;
const envelopeMs = 10;
/** Longer pauses do not count towards the rhythm. */
const longestPauseMs = 300;

/** `samples` at 8 kHz; undefined when too little of it has a pitch to be speech. */
export function measurePace(samples: Int16Array): Pace | undefined {
  const pitches: number[] = [];
  const spectrum = new Float64Array(blockLength / 4);
  for (let at = 0; at + blockLength <= samples.length; at += blockLength) {
    const block = centred(samples.subarray(at, at + blockLength));
    const power = block.reduce((sum, value) => sum + value * value, 0);
    if (peakToDbfs(Math.sqrt((2 * power) / blockLength)) < minDbfs) continue;
    addSpectrum(spectrum, block);
    const pitchHz = pitchOf(block, power);
    if (pitchHz !== undefined) pitches.push(pitchHz);
  }
  if (pitches.length < 5) return undefined;
  const sorted = pitches.sort((one, other) => one - other);
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] as number;
  const pitchSpread = (at(0.9) - at(0.1)) / (2 * at(0.5));
  return {
    pitchHz: at(0.5),
    pitchSpread,
    middleHz: middleOf(spectrum),
    rhythmHz: rhythmOf(samples),
    pitchedBlocks: pitches.length,
  };
}

/**
 * How much slower and lower than usual the speech is, in octaves over the three measures: 0 for a deep voice that
 * speaks slowly, higher for most people, about -1.7 at half the pace and lower at a third.
 */
export function paceScore({ pitchHz, middleHz, rhythmHz }: Pace): number {
  return Math.log2(pitchHz / 120) + Math.log2(rhythmHz / 3) + 0.5 * Math.log2(middleHz / 350);
}

function centred(block: Int16Array): Float64Array {
  const mean = meanOf(block);
  return Float64Array.from(block, (sample) => sample - mean);
}

/** The first period that is nearly as good as the best one: its multiples are just as periodic. */
function pitchOf(block: Float64Array, power: number): number | undefined {
  const correlations = Float64Array.from({ length: longestLag + 2 }, (_, lag) => autocorrelation(block, lag, power));
  // A low sound correlates at short lags too: look for a period only after the correlation has been negative.
  const negative = correlations.findIndex((value) => value < 0);
  const candidates = correlations.fill(0, 0, negative === -1 ? correlations.length : Math.max(negative, shortestLag));
  const best = candidates.reduce((most, value) => Math.max(most, value), 0);
  if (best < minPeriodicity) return undefined;
  let lag = candidates.findIndex((value) => value > 0.88 * best);
  while (lag < longestLag && (correlations[lag + 1] as number) > (correlations[lag] as number)) lag += 1;
  return rateHz / lag;
}

function autocorrelation(block: Float64Array, lag: number, power: number): number {
  let sum = 0;
  for (let i = lag; i < block.length; i++) sum += (block[i] as number) * (block[i - lag] as number);
  return (sum / power) * (block.length / (block.length - lag));
}

/** Adds a block's power in bins of 31.25 Hz up to 4 kHz, normalised so that loud vowels do not dominate. */
function addSpectrum(spectrum: Float64Array, block: Float64Array): void {
  const own = Float64Array.from(spectrum, (_, bin) => powerAt(block, ((bin + 0.5) * rateHz) / 2 / spectrum.length / rateHz));
  const sum = own.reduce((total, power) => total + power, 0);
  for (let bin = 0; bin < spectrum.length; bin++) spectrum[bin] = (spectrum[bin] as number) + (own[bin] as number) / sum;
}

/** The power at one frequency, in turns per sample: Goertzel's recurrence over the Hann-windowed block. */
function powerAt(block: Float64Array, turns: number): number {
  const coefficient = 2 * Math.cos(2 * Math.PI * turns);
  const fade = (2 * Math.PI) / block.length;
  let last = 0;
  let before = 0;
  for (let i = 0; i < block.length; i++) {
    const next = (block[i] as number) * (1 - Math.cos(fade * (i + 0.5))) + coefficient * last - before;
    before = last;
    last = next;
  }
  return last * last + before * before - coefficient * last * before;
}

function middleOf(spectrum: Float64Array): number {
  const half = spectrum.reduce((sum, power) => sum + power, 0) / 2;
  let sum = 0;
  const bin = spectrum.findIndex((power) => {
    sum += power;
    return sum >= half;
  });
  return ((bin + 0.5) * rateHz) / 2 / spectrum.length;
}

/** The centre of the loudness' spectrum between 0.3 and 20 Hz, after long pauses were shortened. */
function rhythmOf(samples: Int16Array): number {
  const envelope = loudness(samples);
  const mean = envelope.reduce((sum, value) => sum + value, 0) / envelope.length;
  const values = envelope.map((value) => value - mean);
  const secondsLong = (values.length * envelopeMs) / 1000;
  let sum = 0;
  let weighted = 0;
  for (let bin = Math.ceil(0.3 * secondsLong); bin < 20 * secondsLong; bin++) {
    let [re, im] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      const angle = (2 * Math.PI * bin * i) / values.length;
      re += (values[i] as number) * Math.cos(angle);
      im += (values[i] as number) * Math.sin(angle);
    }
    const power = re * re + im * im;
    sum += power;
    weighted += (power * bin) / secondsLong;
  }
  return sum === 0 ? 0.1 : Math.max(0.1, weighted / sum);
}

/** The logarithm of the loudness every 10 ms, with pauses cut to 300 ms. */
function loudness(samples: Int16Array): number[] {
  const step = (rateHz * envelopeMs) / 1000;
  const values: number[] = [];
  let pauseMs = Number.POSITIVE_INFINITY; // silence before the first word is not a pause
  for (let at = 0; at + step <= samples.length; at += step) {
    const block = centred(samples.subarray(at, at + step));
    const rms = Math.sqrt(block.reduce((sum, value) => sum + value * value, 0) / step);
    pauseMs = peakToDbfs(rms * Math.SQRT2) < minDbfs ? pauseMs + envelopeMs : 0;
    // The 10 keeps the noise of silence, a few units, from looking like rhythm.
    if (pauseMs <= longestPauseMs) values.push(Math.log10(rms + 10));
  }
  return values;
}
