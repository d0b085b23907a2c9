// An amount of work that all requests share: it refills steadily, so that a flood spreads what it uses up over time
// instead of stopping the event loop once a second.

import type { Clock } from "../../call/ports.ts";

export class WorkBudget {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #perSecond: number;
  #left: number;
  #countedMs: number;

  /** Starts full. `most` can be spent at once. */
  constructor(clock: Clock, most: number, perSecond: number) {
    this.#clock = clock;
    this.#most = most;
    this.#perSecond = perSecond;
    this.#left = most;
    this.#countedMs = clock.nowMs();
  }

  /** False, and nothing is spent, when the amount exceeds what is left. */
  spend(amount: number): boolean {
    const nowMs = this.#clock.nowMs();
    const seconds = Math.max(0, nowMs - this.#countedMs) / 1_000;
    this.#left = Math.min(this.#most, this.#left + seconds * this.#perSecond);
    this.#countedMs = nowMs;
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }

  /** Undoes a {@link spend}. */
  giveBack(amount: number): void {
    this.#left = Math.min(this.#most, this.#left + amount);
  }
}
