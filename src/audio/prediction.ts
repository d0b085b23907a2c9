// Measures how well samples can be predicted from those before them: linear prediction by Levinson and Durbin. Speech,
// music and tones are predictable; noise is not, and neither is audio that was decoded with the wrong codec. A measure,
// not a codec. Follows Makhoul, "Linear Prediction: A Tutorial Review", Proc. IEEE 63 (1975), pp. 561-580.

/** Upper bound, for perfectly predictable blocks. */
const MAX_GAIN_DB = 90;

/**
 * How far the error of predicting each sample from the `order` samples before it is below the block's own level: about
 * 0 dB for white noise, 6 to 20 for speech at 8 kHz, more for tones, 0 for a constant block. The mean is removed, and a
 * Hann window applied.
 */
export function predictionGainDb(samples: Int16Array, order: number): number {
  const correlation = autocorrelation(faded(samples), order);
  const power = correlation[0] as number;
  if (power <= 0) return 0;
  const taps = new Float64Array(order + 1);
  let error = power;
  for (let i = 1; i <= order; i++) {
    let sum = correlation[i] as number;
    for (let j = 1; j < i; j++) sum -= (taps[j] as number) * (correlation[i - j] as number);
    const reflection = sum / error;
    const before = taps.slice();
    taps[i] = reflection;
    for (let j = 1; j < i; j++) taps[j] = (before[j] as number) - reflection * (before[i - j] as number);
    error *= 1 - reflection * reflection;
    if (error <= power * 10 ** (-MAX_GAIN_DB / 10)) return MAX_GAIN_DB;
  }
  return 10 * Math.log10(power / error);
}

function faded(samples: Int16Array): Float64Array {
  const mean = meanOf(samples);
  const turn = (2 * Math.PI) / samples.length;
  return Float64Array.from(samples, (sample, i) => (sample - mean) * (0.5 - 0.5 * Math.cos(turn * (i + 0.5))));
}

function autocorrelation(values: Float64Array, order: number): Float64Array {
  return Float64Array.from({ length: order + 1 }, (_, lag) => {
    let sum = 0;
    for (let i = lag; i < values.length; i++) sum += (values[i] as number) * (values[i - lag] as number);
    return sum;
  });
}

/** The mean of the samples (DC offset); 0 for none. */
export function meanOf(samples: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] as number;
  return samples.length === 0 ? 0 : sum / samples.length;
}
