// Thresholds: conditions under which a run fails, as in k6, but of the failure and not of the success:
// `first_audio_p95>800ms`, `lost>0.1%`, `crosstalk>0`. Pure.
// k6: https://grafana.com/docs/k6/latest/using-k6/thresholds/

import { COUNTS, type CountName, DURATIONS, type DurationName, type LoadResult } from "./measurements.ts";

const STATS = {
  min: "minMs",
  avg: "meanMs",
  p50: "p50Ms",
  p90: "p90Ms",
  p95: "p95Ms",
  p99: "p99Ms",
  p999: "p999Ms",
  max: "maxMs",
} as const;
type Stat = keyof typeof STATS;

/** Of the server's process: --pid. */
const USAGES = {
  cpu: { of: "userMsPerCallSecond", unit: "ms per call-second" },
  memory: { of: "peakBytes", unit: "MB" },
  memory_per_call: { of: "bytesPerCall", unit: "kB" },
} as const;
type UsageName = keyof typeof USAGES;

type Measure =
  | { readonly type: "duration"; readonly name: DurationName; readonly stat: Stat }
  /** `share`: of 1, instead of a number. */
  | { readonly type: "count"; readonly name: CountName; readonly share: boolean }
  | { readonly type: "usage"; readonly name: UsageName };

type Comparison = (typeof comparisons)[number];
const comparisons = [">=", "<=", ">", "<"] as const;

export interface Threshold {
  /** As it was written. */
  readonly text: string;
  readonly measure: Measure;
  readonly comparison: Comparison;
  /** Milliseconds, a count, a share of 1, or bytes. */
  readonly limit: number;
}

/** A threshold that cannot be read. */
export interface BadThreshold {
  readonly bad: string;
  readonly hint: string;
}

export interface ThresholdResult {
  readonly threshold: Threshold;
  readonly failed: boolean;
  /** Undefined: nothing was measured, and that fails too. */
  readonly value: number | undefined;
}

const durationUnits: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, "": 1 };
const byteUnits: Readonly<Record<string, number>> = { kb: 1_000, mb: 1_000_000, gb: 1_000_000_000 };

const isName = <Name extends string>(table: Readonly<Record<Name, unknown>>, name: string): name is Name => Object.hasOwn(table, name);

export function readThreshold(text: string): Threshold | BadThreshold {
  const [, name = "", comparison, number = "", unit = ""] =
    /^\s*([a-z_0-9]+)\s*(>=|<=|>|<)\s*(\d+(?:\.\d+)?)\s*([a-zA-Z%]*)\s*$/.exec(text) ?? [];
  if (comparison === undefined) {
    return { bad: `--fail-on "${text}": expected a name, a comparison and a value`, hint: "--fail-on 'first_audio_p95>800ms'" };
  }
  const measure = measureOf(name, unit);
  if ("bad" in measure) return { bad: `--fail-on "${text}": ${measure.bad}`, hint: measure.hint };
  const factor = factorOf(measure, unit);
  if (factor === undefined)
    return { bad: `--fail-on "${text}": ${unit === "" ? "no unit" : `"${unit}" is not a unit of ${name}`}`, hint: unitHint(measure) };
  return { text: text.trim(), measure, comparison: comparison as Comparison, limit: Number(number) * factor };
}

function measureOf(name: string, unit: string): Measure | BadThreshold {
  if (isName(COUNTS, name)) return { type: "count", name, share: unit === "%" };
  if (isName(USAGES, name)) return { type: "usage", name };
  if (isName(DURATIONS, name))
    return { bad: `"${name}" needs a statistic`, hint: `${name}_p95, or one of ${Object.keys(STATS).join(", ")}` };
  const at = name.lastIndexOf("_");
  const [of, stat] = [name.slice(0, at), name.slice(at + 1)];
  if (isName(DURATIONS, of) && isName(STATS, stat)) return { type: "duration", name: of, stat };
  if (isName(DURATIONS, of)) return { bad: `"${stat}" is not a statistic`, hint: `one of ${Object.keys(STATS).join(", ")}` };
  const names = [...Object.keys(DURATIONS).map((one) => `${one}_p95`), ...Object.keys(COUNTS), ...Object.keys(USAGES)];
  return { bad: `there is no "${name}"`, hint: `one of ${names.join(", ")}` };
}

function factorOf(measure: Measure, unit: string): number | undefined {
  if (measure.type === "count") return unit === "" ? 1 : unit === "%" ? 0.01 : undefined;
  if (measure.type === "duration" || measure.name === "cpu") return durationUnits[unit];
  return byteUnits[unit.toLowerCase()];
}

function unitHint(measure: Measure): string {
  if (measure.type === "count") return `a number, or a percentage: ${measure.name}>0, ${measure.name}>0.1%`;
  if (measure.type === "duration" || measure.name === "cpu") return "us, ms or s";
  return "kB, MB or GB";
}

/** What was measured, in the unit of the limit. Undefined: nothing. */
export function measured({ durations, counts, target }: LoadResult, measure: Measure): number | undefined {
  if (measure.type === "duration") return durations[measure.name]?.[STATS[measure.stat]];
  if (measure.type === "count") {
    const { count, of } = counts[measure.name];
    if (of === 0) return undefined;
    return measure.share ? count / of : count;
  }
  if (target === undefined) return undefined;
  return measure.name === "cpu" ? target.userMsPerCallSecond + target.systemMsPerCallSecond : target[USAGES[measure.name].of];
}

export function judgeThreshold(threshold: Threshold, result: LoadResult): ThresholdResult {
  const value = measured(result, threshold.measure);
  return { threshold, value, failed: value === undefined || holds(value, threshold.comparison, threshold.limit) };
}

function holds(value: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
    case "<":
      return value < limit;
    case "<=":
      return value <= limit;
  }
}

/** A value with its unit, as a person writes it. */
export function shownValue(measure: Measure, value: number): string {
  if (measure.type === "count") return measure.share ? `${(value * 100).toFixed(2)}%` : String(value);
  if (measure.type === "duration") return `${value.toFixed(1)} ms`;
  if (measure.name === "cpu") return `${value.toFixed(2)} ms`;
  return measure.name === "memory" ? `${(value / 1_000_000).toFixed(1)} MB` : `${(value / 1_000).toFixed(0)} kB`;
}
