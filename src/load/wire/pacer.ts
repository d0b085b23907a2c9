// Steps every call once in 20 ms, each at its own moment, with one timer for all of them: a timer for each call would
// cost the meter more than the calls do.

import type { Clock } from "../../call/ports.ts";

/** One step of each call; one slot is a millisecond. */
const PERIOD_MS = 20;

type Step = (nowMs: number) => void;

/** A class because it owns the timer. */
export class Pacer {
  readonly #clock: Clock;
  readonly #slots: readonly Set<Step>[] = Array.from({ length: PERIOD_MS }, () => new Set<Step>());
  #size = 0;
  #doneMs = 0;
  #stopTimer = (): void => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `step` every 20 ms from `firstMs` on, at most 1 ms late. Returns a function that ends it. */
  add(firstMs: number, step: Step): () => void {
    const slot = this.#slots[Math.floor(firstMs) % PERIOD_MS] as Set<Step>;
    slot.add(step);
    this.#size += 1;
    if (this.#size === 1) this.#doneMs = Math.floor(this.#clock.nowMs());
    this.#arm();
    return () => {
      if (!slot.delete(step)) return;
      this.#size -= 1;
      if (this.#size === 0) this.#stopTimer();
    };
  }

  #run(): void {
    // A slot is over when its millisecond is.
    const untilMs = Math.floor(this.#clock.nowMs());
    const fromMs = Math.max(this.#doneMs, untilMs - PERIOD_MS);
    this.#doneMs = untilMs;
    for (let ms = fromMs; ms < untilMs; ms++) {
      for (const step of this.#slots[ms % PERIOD_MS] as Set<Step>) step(this.#clock.nowMs());
    }
    this.#arm();
  }

  #arm(): void {
    this.#stopTimer();
    if (this.#size === 0) return;
    let ms = this.#doneMs;
    while (this.#slots[ms % PERIOD_MS]?.size === 0) ms += 1;
    this.#stopTimer = this.#clock.after(ms + 1 - this.#clock.nowMs(), () => this.#run());
  }
}
