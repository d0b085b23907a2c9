// A clock that runs faster than the real one, so that a call of a minute on real sockets takes seconds. All parts of a
// test must share it.

import type { Clock } from "../../src/call/ports.ts";

/** Runs `factor` times as fast as the machine's clock, from now. */
export function fastClock(factor: number): Clock {
  const originMs = Date.now();
  const startMs = performance.now();
  return {
    nowMs: () => Math.floor(originMs + (performance.now() - startMs) * factor),
    after(ms, callback) {
      const timer = setTimeout(callback, ms / factor);
      return () => clearTimeout(timer);
    },
  };
}
