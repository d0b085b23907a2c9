// The one clock and the one place of timers. Not a scheduler: the driver arms one timer for its earliest deadline.

import type { Clock } from "../call/ports.ts";

/** The longest delay that setTimeout takes; a longer one would fire at once (HTML, timers: a signed 32-bit integer of milliseconds). */
const MAX_DELAY_MS = 2_147_483_647;

/**
 * The machine's clock: epoch milliseconds as of the start, carried on by the monotonic clock, so that nobody who sets the time can make a call's deadline
 * come early or never. Whole milliseconds. It may differ from the wall clock by what was set or slewed since the start. A delay is cut at 24.8 days.
 */
export function realClock(): Clock {
  const originMs = Date.now() - performance.now();
  return {
    nowMs: () => Math.floor(originMs + performance.now()),
    after(ms, callback) {
      const timer = setTimeout(callback, Math.min(Math.max(ms, 0), MAX_DELAY_MS));
      return () => clearTimeout(timer);
    },
  };
}
