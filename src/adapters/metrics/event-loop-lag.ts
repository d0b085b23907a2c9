// How late timers are: while the event loop is busy, no audio passes. node:perf_hooks' monitorEventLoopDelay would do
// this, but reports 0 under Deno, so it is one timer of our own, which runs only while someone scrapes.

import type { Clock } from "../../call/ports.ts";
import { Buckets, type Family } from "./family.ts";

/** Between two probes: a stall of so many milliseconds is always seen, a shorter one mostly. */
export const PROBE_MS = 100;
/** Without a scrape for so long, probing stops. Prometheus scrapes every 15 s to 2 minutes. */
export const SCRAPED_RECENTLY_MS = 300_000;
const BOUNDS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2];

/** A class because it holds a timer. */
export class EventLoopLag {
  readonly #clock: Clock;
  readonly #buckets = new Buckets(BOUNDS_S);
  #scrapedAtMs = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Called by each scrape: starts probing, or lets it go on. */
  scraped(): Family {
    this.#scrapedAtMs = this.#clock.nowMs();
    if (this.#cancel === undefined) this.#probe();
    const help = "How late a timer was, probed ten times a second from the first scrape on, in seconds.";
    return { type: "histogram", name: "voice_event_loop_lag_seconds", help, buckets: this.#buckets };
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #probe(): void {
    const dueMs = this.#clock.nowMs() + PROBE_MS;
    this.#cancel = this.#clock.after(PROBE_MS, () => {
      this.#cancel = undefined;
      const nowMs = this.#clock.nowMs();
      this.#buckets.observe(Math.max(0, nowMs - dueMs) / 1_000);
      if (nowMs - this.#scrapedAtMs < SCRAPED_RECENTLY_MS) this.#probe();
    });
  }
}
