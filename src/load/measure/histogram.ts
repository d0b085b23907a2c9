// Counts durations in buckets whose width grows with the value, so that a percentile is exact to 1 % and the memory
// does not grow with the number of values. Log-linear, as HdrHistogram: https://hdrhistogram.org

/** Buckets per power of two: 128 make a bucket at most 0.8 % of its value wide. */
const BITS = 7;
/** 35 minutes in microseconds. Longer durations count as this long. */
export const MAX_MICROSECONDS = 2 ** 31 - 1;

/** A class because it counts. */
export class Histogram {
  readonly #counts = new Uint32Array(bucketOf(MAX_MICROSECONDS) + 1);
  #count = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  /** A negative duration counts as 0. */
  record(ms: number): void {
    const taken = Math.min(MAX_MICROSECONDS / 1_000, Math.max(0, ms));
    const bucket = bucketOf(Math.round(taken * 1_000));
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
    this.#sumMs += taken;
    this.#minMs = Math.min(this.#minMs, taken);
    this.#maxMs = Math.max(this.#maxMs, taken);
  }

  /** The smallest duration that `percent` % of the values do not exceed. Undefined without values. */
  percentileMs(percent: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank) return Math.min(this.#maxMs, Math.max(this.#minMs, upperEdge(bucket) / 1_000));
    }
    return this.#maxMs;
  }

  summary(): DurationSummary | undefined {
    if (this.#count === 0) return undefined;
    const at = (percent: number): number => this.percentileMs(percent) ?? 0;
    return {
      count: this.#count,
      minMs: this.#minMs,
      meanMs: this.#sumMs / this.#count,
      p50Ms: at(50),
      p90Ms: at(90),
      p95Ms: at(95),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: this.#maxMs,
    };
  }

  /**
   * How many values are in each of at most `most` stretches of equal, round width, from the smallest value to the 99th
   * percentile. What is longer is in the last row.
   */
  rows(most: number): readonly HistogramRow[] {
    if (this.#count === 0) return [];
    const p99Ms = this.percentileMs(99) ?? 0;
    // No narrower than a bucket is there.
    const widthMs = roundWidth(Math.max((p99Ms - this.#minMs) / (most - 2), p99Ms / 2 ** BITS));
    const first = Math.floor(this.#minMs / widthMs);
    const counts: number[] = [];
    for (const [bucket, count] of this.#counts.entries()) {
      if (count === 0) continue;
      const row = Math.min(most - 1, Math.max(0, Math.floor((lowerEdge(bucket) + upperEdge(bucket)) / 2_000 / widthMs) - first));
      counts[row] = (counts[row] ?? 0) + count;
    }
    return Array.from(counts, (count = 0, row) => ({ fromMs: (first + row) * widthMs, count }));
  }
}

export interface DurationSummary {
  readonly count: number;
  readonly minMs: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export interface HistogramRow {
  readonly fromMs: number;
  readonly count: number;
}

/** The next width of 1, 2 or 5 times a power of ten. At least 10 microseconds, which a clock can measure. */
function roundWidth(ms: number): number {
  const least = Math.max(0.01, ms);
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((factor) => factor * power >= least) ?? 10) * power;
}

function bucketOf(us: number): number {
  const shift = Math.max(0, 31 - Math.clz32(us) - BITS);
  return (shift << BITS) + (us >> shift);
}

function lowerEdge(bucket: number): number {
  return bucket === 0 ? 0 : upperEdge(bucket - 1) + 1;
}

/** The largest number of microseconds in a bucket. */
function upperEdge(bucket: number): number {
  const shift = Math.max(0, (bucket >> BITS) - 1);
  return (bucket - (shift << BITS) + 1) * 2 ** shift - 1;
}
