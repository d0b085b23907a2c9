// The writes that wait for the store, and those that were dropped. A store that is away or slow costs nothing but later
// writing, up to a bound: beyond it, what a call can do without is dropped first.

import { isEssential, type Write } from "./writes.ts";

/** A call has some 10 writes a minute: what 200 calls write in an hour. */
export const MAX_QUEUED = 100_000;
/** Of text, mostly transcripts and what tools return. */
export const MAX_QUEUED_CHARS = 32_000_000;
/** In one transaction: a batch must not hold up the next for long. */
export const MAX_BATCH = 500;

/** A class because it is a queue that grows and shrinks. */
export class WriteQueue {
  #waiting: Write[] = [];
  #chars = 0;
  #dropped = 0;

  get length(): number {
    return this.#waiting.length;
  }

  /** Writes that were dropped since the last {@link takeDropped}. */
  get dropped(): number {
    return this.#dropped;
  }

  add(write: Write): void {
    if (this.#isFull(write) && !this.#makeRoom(write)) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(write);
    this.#chars += charsOf(write);
  }

  /** The next batch, which leaves the queue. */
  take(): readonly Write[] {
    const batch = this.#waiting.splice(0, MAX_BATCH);
    for (const write of batch) this.#chars -= charsOf(write);
    return batch;
  }

  /** How many were dropped. The count starts again at 0. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  #isFull(write: Write): boolean {
    return this.#waiting.length >= MAX_QUEUED || this.#chars + charsOf(write) > MAX_QUEUED_CHARS;
  }

  /** Drops what calls can do without, all of it at once: looking for one each time would take longer and longer. */
  #makeRoom(write: Write): boolean {
    if (!isEssential(write)) return false;
    const kept = this.#waiting.filter(isEssential);
    this.#dropped += this.#waiting.length - kept.length;
    this.#waiting = kept;
    this.#chars = kept.reduce((sum, one) => sum + charsOf(one), 0);
    return !this.#isFull(write);
  }
}

/** Roughly what a write takes: its texts, and a little for the rest. */
export function charsOf(write: Write): number {
  switch (write.type) {
    case "call.turned":
      return 100 + (write.turn.callerText?.length ?? 0) + (write.turn.modelText?.length ?? 0);
    case "call.noted":
      return 100 + write.fields.length;
    case "tool.ran":
      return 100 + write.arguments.length;
    case "tool.returned":
      return 100 + write.output.length;
    default:
      return 300;
  }
}
