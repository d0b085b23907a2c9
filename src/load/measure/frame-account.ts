// What became of the frames of one direction of one call: how late each arrived, which did not arrive, which arrived
// twice or out of order. Frames belong to a spurt: speech without a pause. A server may leave out the beginning or the
// end of a spurt, as an agent does that was interrupted, so only holes within a spurt count as lost. Where the server
// passes on all it gets, the end counts too.

/** Sent frames that are remembered, 82 s. A frame that arrives later than that is not known. */
export const REMEMBERED_FRAMES = 4_096;
/** Spurts that are remembered. */
const MAX_SPURTS = 64;
/** Nothing is known of the last frames before the end, which may be on their way. */
export const UNDECIDED_MS = 1_000;

/** What an arrival shows. `latencyMs`: since it was sent. */
export type Arrival =
  | { readonly type: "first" | "late"; readonly latencyMs: number; readonly spurt: number }
  | { readonly type: "repeated" }
  | { readonly type: "unknown" };

export interface ArrivalCounts {
  /** Loud frames that should have arrived. */
  readonly expected: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
}

interface Spurt {
  first: number;
  last: number;
}

/** A class because it counts. */
export class FrameAccount {
  readonly #sentAtMs = new Float64Array(REMEMBERED_FRAMES);
  readonly #frame = new Int32Array(REMEMBERED_FRAMES).fill(-1);
  readonly #spurtOf = new Int32Array(REMEMBERED_FRAMES);
  readonly #loud = new Uint8Array(REMEMBERED_FRAMES);
  readonly #seen = new Uint8Array(REMEMBERED_FRAMES);
  readonly #spurts = new Map<number, Spurt>();
  #highest = -1;
  #lastSent = -1;
  #arrived = 0;
  #lost = 0;
  #duplicated = 0;
  #reordered = 0;
  #maxLatencyMs = 0;

  /** Whether anything has arrived. */
  get hasArrivals(): boolean {
    return this.#highest >= 0;
  }

  /** `frame` grows by 1. */
  sent(frame: number, spurt: number, loud: boolean, atMs: number): void {
    const at = frame % REMEMBERED_FRAMES;
    this.#sentAtMs[at] = atMs;
    this.#frame[at] = frame;
    this.#spurtOf[at] = spurt;
    this.#loud[at] = loud ? 1 : 0;
    this.#seen[at] = 0;
    this.#lastSent = frame;
  }

  arrived(frame: number, atMs: number): Arrival {
    const at = frame % REMEMBERED_FRAMES;
    if (this.#frame[at] !== frame) return { type: "unknown" };
    const loud = this.#loud[at] === 1;
    if (this.#seen[at] === 1) {
      this.#duplicated += loud ? 1 : 0;
      return { type: "repeated" };
    }
    this.#seen[at] = 1;
    const latencyMs = atMs - (this.#sentAtMs[at] as number);
    const spurt = this.#spurtOf[at] as number;
    const isLate = frame < this.#highest;
    this.#highest = Math.max(this.#highest, frame);
    this.#maxLatencyMs = Math.max(this.#maxLatencyMs, latencyMs);
    if (loud) {
      this.#arrived += 1;
      this.#reordered += isLate ? 1 : 0;
      this.#countHoles(frame, spurt);
    }
    return { type: isLate ? "late" : "first", latencyMs, spurt };
  }

  /** `passesAll`: the server passes on all it gets, so that the end of the last spurt counts too. */
  counts(nowMs: number, passesAll: boolean): ArrivalCounts {
    const missing = passesAll ? this.#missingEnd(nowMs) : 0;
    const lost = this.#lost + missing;
    return { expected: this.#arrived + lost, lost, duplicated: this.#duplicated, reordered: this.#reordered };
  }

  #countHoles(frame: number, spurt: number): void {
    const range = this.#spurts.get(spurt);
    if (range === undefined) {
      const [oldest] = this.#spurts.keys();
      if (this.#spurts.size >= MAX_SPURTS && oldest !== undefined) this.#spurts.delete(oldest);
      this.#spurts.set(spurt, { first: frame, last: frame });
    } else if (frame > range.last) {
      this.#lost += this.#unseen(range.last, frame);
      range.last = frame;
    } else if (frame < range.first) {
      this.#lost += this.#unseen(frame, range.first);
      range.first = frame;
    } else {
      this.#lost -= 1; // it was counted as a hole
    }
  }

  /** Loud frames between two others that have not arrived. */
  #unseen(after: number, before: number): number {
    let count = 0;
    for (let frame = Math.max(after + 1, this.#lastSent - REMEMBERED_FRAMES + 1); frame < before; frame++) {
      const at = frame % REMEMBERED_FRAMES;
      if (this.#frame[at] === frame && this.#loud[at] === 1 && this.#seen[at] === 0) count += 1;
    }
    return count;
  }

  #missingEnd(nowMs: number): number {
    const decidedMs = nowMs - Math.max(UNDECIDED_MS, 2 * this.#maxLatencyMs);
    const last = Math.max(-1, ...[...this.#spurts.values()].map((spurt) => spurt.last));
    let end = this.#lastSent;
    while (end > last && (this.#sentAtMs[end % REMEMBERED_FRAMES] as number) > decidedMs) end -= 1;
    return this.#unseen(last, end + 1);
  }
}
