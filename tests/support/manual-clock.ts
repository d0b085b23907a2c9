// A clock that only moves when a test moves it, so no test waits. Timers fire in order of time, equal ones in the order
// they were set.

import type { Clock } from "../../src/call/ports.ts";

export interface ManualClock extends Clock {
  /** Moves time on by `ms` and fires every timer that comes due, at its own time, including timers set meanwhile. */
  advance(ms: number): void;
  readonly pending: number;
}

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
