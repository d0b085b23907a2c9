// A clock that stands still until a test moves it: no test waits. Timers ring in the order of their times, equal ones
// in the order they were set.

import type { Clock } from "../../src/call/ports.ts";

/** A clock with a crank. */
export interface ManualClock extends Clock {
  /**
   * Moves time on by `ms`, ringing every timer that comes due, each at its own time; also those that a ringing timer
   * sets.
   */
  advance(ms: number): void;
  /** How many timers are set. */
  readonly pending: number;
}

/** A clock that starts at `startMs` (2026-01-01T00:00:00Z unless told). */
export function manualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs;
  let timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after(ms, callback) {
      const timer = { atMs: nowMs + Math.max(ms, 0), callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const next = timers.reduce<(typeof timers)[number] | undefined>((a, b) => (a !== undefined && a.atMs <= b.atMs ? a : b), undefined);
        if (next === undefined || next.atMs > endMs) break;
        timers = timers.filter((other) => other !== next);
        nowMs = next.atMs;
        next.callback();
      }
      nowMs = endMs;
    },
    get pending() {
      return timers.length;
    },
  };
}
