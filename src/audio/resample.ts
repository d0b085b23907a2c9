// Resamples streams between the telephone's 8 kHz and 16, 24 or 48 kHz, with a polyphase windowed-sinc filter of linear
// phase. No other ratios. The filter is the same both ways: flat within 0.1 dB to 3.4 kHz (the telephone band's edge,
// ITU-T G.712) and at least 70 dB down from 4.6 kHz, so that aliases stay above 3.4 kHz. Kaiser's window and its
// formulas: Oppenheim & Schafer, Discrete-Time Signal Processing, 7.5.3.

export type WideRateHz = 16_000 | 24_000 | 48_000;

/** Holds the state of one stream: its last 4 ms. */
export type Resampler = {
  /**
   * Takes any number of samples and returns those now complete. How the input is cut into chunks makes no difference.
   */
  readonly push: (chunk: Int16Array) => Int16Array;
  /** Returns the last RESAMPLER_DELAY_MS of the stream and resets. */
  readonly flush: () => Int16Array;
};

/** How much later a sample comes out than it went in. The first 2 ms of output are the filter's run-up. */
export const RESAMPLER_DELAY_MS = 2;

const narrowRateHz = 8000;
/** Half the filter's length, in 8 kHz samples. */
const halfLength = (RESAMPLER_DELAY_MS * narrowRateHz) / 1000;
/** The middle of the transition band, 3.4 to 4.6 kHz. */
const cutoffHz = 4000;
/** Kaiser's beta for the 76 dB that 2 * halfLength taps per phase give over that band: 0.1102 (76 - 8.7). */
const kaiserBeta = 7.4;

/** From 8 kHz: n samples in give n * (toHz / 8000) out; flush adds the delay's 16 * (toHz / 8000). */
export function createUpsampler(toHz: WideRateHz): Resampler {
  const ratio = toHz / narrowRateHz;
  const phases = polyphase(lowPass(ratio), ratio);
  const tapCount = 2 * halfLength + 1;
  let history = new Float64Array(tapCount - 1);
  const push = (chunk: Int16Array): Int16Array => {
    const line = join(history, chunk);
    const out = new Int16Array(chunk.length * ratio);
    for (let i = 0; i < out.length; i++) {
      out[i] = dot(phases[i % ratio] as Float64Array, line, Math.floor(i / ratio));
    }
    history = line.slice(chunk.length);
    return out;
  };
  const flush = (): Int16Array => {
    const tail = push(new Int16Array(halfLength));
    history = new Float64Array(tapCount - 1);
    return tail;
  };
  return { push, flush };
}

/** To 8 kHz: n samples in give ceil(n / (fromHz / 8000)) out; flush adds the delay's 16. */
export function createDownsampler(fromHz: WideRateHz): Resampler {
  const ratio = fromHz / narrowRateHz;
  const taps = lowPass(ratio);
  let history = new Float64Array(taps.length - 1);
  let skip = 0; // samples of the next chunk before the first that falls on an 8 kHz instant
  const push = (chunk: Int16Array): Int16Array => {
    const line = join(history, chunk);
    const out = new Int16Array(Math.max(0, Math.ceil((chunk.length - skip) / ratio)));
    for (let i = 0; i < out.length; i++) out[i] = dot(taps, line, skip + i * ratio);
    skip += out.length * ratio - chunk.length;
    history = line.slice(chunk.length);
    return out;
  };
  const flush = (): Int16Array => {
    const tail = push(new Int16Array(skip + halfLength * ratio));
    history = new Float64Array(taps.length - 1); // skip is 0 again by itself
    return tail;
  };
  return { push, flush };
}

/** The low-pass at 8000 * ratio Hz, gain 1 at 0 Hz; symmetric, so that the direction does not matter. */
function lowPass(ratio: number): Float64Array {
  const half = halfLength * ratio;
  const taps = Float64Array.from({ length: 2 * half + 1 }, (_, i) => {
    const x = (2 * cutoffHz * (i - half)) / (narrowRateHz * ratio);
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    return sinc * besselI0(kaiserBeta * Math.sqrt(1 - ((i - half) / half) ** 2));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

/**
 * Splits the low-pass into one filter for each output sample between two inputs, oldest input first. Each has gain 1 at
 * 0 Hz: otherwise a constant input would buzz.
 */
function polyphase(taps: Float64Array, ratio: number): readonly Float64Array[] {
  return Array.from({ length: ratio }, (_, phase) => {
    const own = Float64Array.from({ length: 2 * halfLength + 1 }, (_, k) => taps[phase + k * ratio] ?? 0).reverse();
    const sum = own.reduce((total, tap) => total + tap, 0);
    return own.map((tap) => tap / sum);
  });
}

/** The modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function join(history: Float64Array, chunk: Int16Array): Float64Array {
  const line = new Float64Array(history.length + chunk.length);
  line.set(history);
  line.set(chunk, history.length);
  return line;
}

/** Filters the samples from `start`. An overshoot at a steep edge is clipped; Int16Array would wrap it. */
function dot(taps: Float64Array, line: Float64Array, start: number): number {
  let sum = 0;
  for (let k = 0; k < taps.length; k++) sum += (taps[k] as number) * (line[start + k] as number);
  return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
}
