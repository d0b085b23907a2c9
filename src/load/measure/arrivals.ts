// When each call of a run arrives. An open loop: calls arrive at their times, whatever has become of the earlier ones,
// so that a slow server cannot slow down what is asked of it.

/** Milliseconds after the beginning of the run, in order: evenly spaced, `perSecond` in each second. */
export function arrivalTimes(calls: number, perSecond: number): readonly number[] {
  return Array.from({ length: calls }, (_, call) => (call * 1_000) / perSecond);
}

/** How many calls are in progress at most, if each lasts `seconds` from its arrival. */
export function peakCalls(calls: number, perSecond: number, seconds: number): number {
  return Math.min(calls, Math.ceil(perSecond * seconds));
}
