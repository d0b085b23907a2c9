// What the meter counts: one direction of audio over all calls (latency, loss, order), and a histogram of milliseconds.

/** Steps of the histogram, and its end: a later value counts as the end. */
const STEP_MS = 0.05;
const END_MS = 10_000;

/** Milliseconds in buckets of {@link STEP_MS}: adding a value allocates nothing. */
export class Histogram {
  readonly #buckets = new Uint32Array(END_MS / STEP_MS + 1);
  count = 0;
  maxMs = 0;

  add(ms: number): void {
    const bucket = Math.min(Math.max(Math.floor(ms / STEP_MS), 0), this.#buckets.length - 1);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.count += 1;
    if (ms > this.maxMs) this.maxMs = ms;
  }

  clear(): void {
    this.#buckets.fill(0);
    this.count = 0;
    this.maxMs = 0;
  }

  /** The upper edge of the bucket that holds this share of the values; NaN without values. */
  percentile(share: number): number {
    let left = Math.ceil(this.count * share);
    if (left === 0) return Number.NaN;
    for (let bucket = 0; bucket < this.#buckets.length; bucket += 1) {
      left -= this.#buckets[bucket] ?? 0;
      if (left <= 0) return (bucket + 1) * STEP_MS;
    }
    return END_MS;
  }
}

/** One direction over all calls. Counts while `isMeasuring`. */
export class Flow {
  isMeasuring = false;
  sent = 0;
  received = 0;
  lost = 0;
  /** Came again, or after a later one. */
  outOfOrder = 0;
  /** For another call. */
  crossed = 0;
  latency = new Histogram();
}

/** Frames under way in one call and direction: 20 s of them. */
const UNDER_WAY = 1_024;

/** One direction of one call. */
export class Lane {
  readonly #flow: Flow;
  readonly #sentAtMs = new Float64Array(UNDER_WAY);
  /** The next number to arrive; -1: any. */
  #expected = -1;
  #lastSent = -1;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  sent(frame: number, atMs: number): void {
    this.#sentAtMs[frame % UNDER_WAY] = atMs;
    this.#lastSent = frame;
    if (this.#flow.isMeasuring) this.#flow.sent += 1;
  }

  arrived(frame: number, atMs: number): void {
    const flow = this.#flow;
    if (this.#expected < 0) this.#expected = frame;
    if (flow.isMeasuring) {
      flow.received += 1;
      flow.latency.add(atMs - (this.#sentAtMs[frame % UNDER_WAY] ?? 0));
      if (frame > this.#expected) flow.lost += frame - this.#expected;
      if (frame < this.#expected) flow.outOfOrder += 1;
    }
    this.#expected = Math.max(this.#expected, frame + 1);
  }

  /** After the last frame has had time to arrive: what is still missing is lost. */
  settle(): void {
    if (this.#lastSent >= 0) this.#flow.lost += this.#lastSent + 1 - Math.max(this.#expected, 0);
  }
}
