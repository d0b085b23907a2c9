// A fast clock that waits for a slow machine: when the event loop is late, time stands still with it, so that a busy
// computer never looks like a slow voice. Everybody in a test must have the same.

import type { Clock } from "../../src/call/ports.ts";

/** The most that time goes on between two looks at the sockets, ms of the clock's own: two frames of a telephone. */
const MAX_STEP_MS = 40;

/** A clock whose timers are counted. */
export interface PatientClock extends Clock {
  /** Timers that are set. */
  readonly pending: number;
  /** Resolves after so many of its own milliseconds. */
  pass(ms: number): Promise<void>;
}

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock that goes at most `factor` times as fast as the machine's, from now. */
export function patientClock(factor: number): PatientClock {
  const timers = new Set<Timer>();
  let nowMs = Date.now();
  let lookedMs = performance.now();
  let wake: ReturnType<typeof setTimeout> | undefined;
  let wakeAtMs = Number.POSITIVE_INFINITY;
  let isRinging = false;

  /** Moves time, and rings what is due, in the order of its times, and of its setting. Time moves nowhere else. */
  const ring = (): void => {
    wake = undefined;
    wakeAtMs = Number.POSITIVE_INFINITY;
    const machineMs = performance.now();
    nowMs += Math.min((machineMs - lookedMs) * factor, MAX_STEP_MS);
    lookedMs = machineMs;
    const due = [...timers].filter(({ atMs }) => atMs <= nowMs).sort((one, other) => one.atMs - other.atMs);
    isRinging = true;
    try {
      for (const timer of due) if (timers.delete(timer)) timer.callback();
    } finally {
      isRinging = false;
      arm();
    }
  };
  const arm = (): void => {
    if (isRinging) return;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of timers) nextMs = Math.min(nextMs, atMs);
    if (nextMs >= wakeAtMs && wake !== undefined) return;
    clearTimeout(wake);
    wake = undefined;
    wakeAtMs = nextMs;
    // A step at most: when it rings late, time has stood still meanwhile.
    if (nextMs !== Number.POSITIVE_INFINITY) wake = setTimeout(ring, Math.min(Math.max(nextMs - nowMs, 0), MAX_STEP_MS) / factor);
  };
  const after = (ms: number, callback: () => void): (() => void) => {
    const timer = { atMs: nowMs + Math.max(ms, 0), callback };
    timers.add(timer);
    arm();
    return () => void timers.delete(timer);
  };
  return {
    nowMs: () => Math.floor(nowMs),
    after,
    pass: (ms) => new Promise((resolve) => void after(ms, resolve)),
    get pending() {
      return timers.size;
    },
  };
}
