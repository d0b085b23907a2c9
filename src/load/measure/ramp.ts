// The steps of --ramp: more calls at each step until something breaks, then fewer between the last number that was
// sustained and the first that was not. Pure.

import type { LoadResult } from "./measurements.ts";
import { judgeThreshold, shownValue, type Threshold } from "./thresholds.ts";

/** How much each step has more than the one before. */
const GROWTH = 1.6;
/** The search ends when the two numbers are this near: a result of 10 % is as good as the machine repeats it. */
const PRECISION = 0.1;
/** A ramp ends after so many steps in any case. */
export const MAX_STEPS = 20;

/** The most that audio may be late at p99 without --fail-on: two frames. */
const FRAME_P99_MS = 40;
/** How much later than in the first step audio may be at p99: what a caller would notice. */
const SLOWER_MS = 200;
/** The most that may be lost. */
const LOST_SHARE = 0.001;
/** A meter that is later than this at p99 measures itself: half a frame. */
export const METER_LAG_P99_MS = 10;
/** A meter that uses more than this of its core measures itself. */
export const METER_SHARE = 0.85;

/** `meter`: the meter could not place that many calls, so nothing is known of the server. */
export type StepVerdict = { readonly type: "sustained" } | { readonly type: "broken" | "meter"; readonly what: string };

export interface RampStep {
  readonly calls: number;
  readonly verdict: StepVerdict;
}

/** Why the meter's numbers would be the meter's own. Undefined: they are the server's. */
export function meterLimit({ durations, meterShare }: Pick<LoadResult, "durations" | "meterShare">): string | undefined {
  const lagMs = durations.lag?.p99Ms ?? 0;
  if (lagMs > METER_LAG_P99_MS) return `the meter itself was late by ${lagMs.toFixed(1)} ms at p99`;
  return meterShare > METER_SHARE ? `the meter used ${(meterShare * 100).toFixed(0)} % of its core` : undefined;
}

/** `first`: the result of the first step. Without thresholds, calls must succeed, nothing be lost, audio be in time. */
export function judgeStep(result: LoadResult, first: LoadResult, thresholds: readonly Threshold[]): StepVerdict {
  const meter = meterLimit(result);
  const what = thresholds.length > 0 ? brokenThreshold(result, thresholds) : brokenDefault(result, first);
  if (what === undefined) return meter === undefined ? { type: "sustained" } : { type: "meter", what: meter };
  return meter === undefined ? { type: "broken", what } : { type: "meter", what: `${meter} (${what})` };
}

function brokenThreshold(result: LoadResult, thresholds: readonly Threshold[]): string | undefined {
  const failed = thresholds.map((threshold) => judgeThreshold(threshold, result)).find((one) => one.failed);
  if (failed === undefined) return undefined;
  const { threshold, value } = failed;
  return value === undefined ? `${threshold.text}: not measured` : `${threshold.text}: ${shownValue(threshold.measure, value)}`;
}

function brokenDefault({ counts, durations }: LoadResult, first: LoadResult): string | undefined {
  for (const [name, what] of [
    ["failed", "calls failed"],
    ["dropped", "calls were dropped"],
    ["silent", "calls were silent"],
    ["unanswered", "turns had no answer"],
    ["crosstalk", "frames were of another call"],
  ] as const) {
    const { count, of } = counts[name];
    if (count > first.counts[name].count) return `${count} of ${of} ${what}`;
  }
  const { count, of } = counts.lost;
  if (count > LOST_SHARE * of && count / of > share(first.counts.lost)) return `${count} of ${of} frames were lost`;
  for (const name of ["frame", "to_model", "from_model"] as const) {
    const p99Ms = durations[name]?.p99Ms ?? 0;
    if (p99Ms > (first.durations[name]?.p99Ms ?? 0) + FRAME_P99_MS) return `${name} p99 was ${p99Ms.toFixed(1)} ms`;
  }
  for (const name of ["first_audio", "turn", "clear"] as const) {
    const p99Ms = durations[name]?.p99Ms ?? 0;
    const firstMs = first.durations[name]?.p99Ms;
    if (firstMs !== undefined && p99Ms > firstMs + SLOWER_MS)
      return `${name} p99 was ${p99Ms.toFixed(0)} ms, at first ${firstMs.toFixed(0)}`;
  }
  return undefined;
}

const share = ({ count, of }: { readonly count: number; readonly of: number }): number => (of === 0 ? 0 : count / of);

/** The most calls that were sustained. Undefined: not even the first step was. */
export function lastSustained(steps: readonly RampStep[]): number | undefined {
  const sustained = steps.filter(({ verdict }) => verdict.type === "sustained").map(({ calls }) => calls);
  return sustained.length === 0 ? undefined : Math.max(...sustained);
}

/** How many calls the next step has. Undefined: the ramp is over. */
export function nextCalls(steps: readonly RampStep[], first: number, most: number): number | undefined {
  if (steps.length === 0) return Math.min(first, most);
  if (steps.length >= MAX_STEPS) return undefined;
  const sustained = lastSustained(steps);
  const failed = steps.filter(({ verdict }) => verdict.type !== "sustained").map(({ calls }) => calls);
  const broken = failed.length === 0 ? undefined : Math.min(...failed);
  if (sustained === undefined) return undefined;
  if (broken === undefined) return sustained >= most ? undefined : Math.min(most, Math.ceil(sustained * GROWTH));
  const gap = broken - sustained;
  return gap <= Math.max(1, sustained * PRECISION) ? undefined : sustained + Math.floor(gap / 2);
}
