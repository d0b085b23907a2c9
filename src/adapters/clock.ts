// The only clock, and the only place that starts timers.

import type { Clock } from "../call/ports.ts";

/** setTimeout's maximum: a longer delay would fire at once (HTML, timers: a signed 32-bit integer of milliseconds). */
const MAX_DELAY_MS = 2_147_483_647;

/**
 * Epoch milliseconds at the start, advanced by the monotonic clock, so that setting the system's time cannot make a
 * deadline early or late. Whole milliseconds. It may differ from the wall clock by what was set or slewed since the
 * start. Delays are cut at 24.8 days.
 */
export function realClock(): Clock {
  const clock = preciseClock();
  return { ...clock, nowMs: () => Math.floor(clock.nowMs()) };
}

/** As {@link realClock}, with fractions of a millisecond: for measurements. */
export function preciseClock(): Clock {
  const originMs = Date.now() - performance.now();
  return {
    nowMs: () => originMs + performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, Math.min(Math.max(ms, 0), MAX_DELAY_MS));
      return () => clearTimeout(timer);
    },
  };
}
