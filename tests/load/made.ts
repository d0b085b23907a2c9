// Results of runs, made up: a good one, and what differs from it.

import type { CountName, CountOf, DurationName, LoadResult } from "../../src/load/measure/measurements.ts";
import { COUNTS, Measurements } from "../../src/load/measure/measurements.ts";

export interface Made {
  /** Values in ms by duration. */
  readonly durations?: Partial<Record<DurationName, readonly number[]>>;
  readonly counts?: Partial<Record<CountName, CountOf>>;
  readonly reasons?: readonly string[];
  readonly unreachable?: number;
  readonly meterShare?: number;
  readonly target?: LoadResult["target"];
  readonly calls?: number;
}

/** Ten calls in which nothing went wrong, except for what is given. */
export function madeResult({
  durations = {},
  counts = {},
  reasons = [],
  unreachable = 0,
  meterShare = 0.1,
  target,
  calls = 10,
}: Made = {}): LoadResult {
  const measurements = new Measurements();
  const values = { first_audio: [40], turn: [500], lag: [1], ...durations };
  for (const [name, list] of Object.entries(values)) {
    for (const value of list) measurements.durations[name as DurationName].record(value);
  }
  for (const name of Object.keys(COUNTS) as CountName[]) {
    const { count, of } = counts[name] ?? { count: 0, of: 10 };
    measurements.count(name, count, of);
  }
  for (const reason of reasons) measurements.reason(reason);
  measurements.unreachable = unreachable;
  measurements.framesSent = 5_000;
  measurements.callMs = 100_000;
  return measurements.result({ calls, peak: calls, target, meterShare });
}
