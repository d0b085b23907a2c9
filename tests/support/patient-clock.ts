// A fast clock that waits for a slow machine: when the event loop is late, time stops too, so a busy computer never
// looks like a slow voice. All parts of a test must share it.

import type { Clock } from "../../src/call/ports.ts";

/** The most that time advances before the event loop serves the sockets again, in the clock's own ms: two frames. */
const MAX_STEP_MS = 40;

export interface PatientClock extends Clock {
  readonly pending: number;
  /** Resolves after `ms` of the clock's own time. */
  pass(ms: number): Promise<void>;
}

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Runs at most `factor` times as fast as the machine's clock, from now. */
export function patientClock(factor: number): PatientClock {
  const timers = new Set<Timer>();
  let nowMs = Date.now();
  let firedAtMs = performance.now();
  let wake: ReturnType<typeof setTimeout> | undefined;
  let wakeAtMs = Number.POSITIVE_INFINITY;
  let isFiring = false;

  /** Advances time and fires the timers that are due, in order. Time advances nowhere else. */
  const fire = (): void => {
    wake = undefined;
    wakeAtMs = Number.POSITIVE_INFINITY;
    const machineMs = performance.now();
    nowMs += Math.min((machineMs - firedAtMs) * factor, MAX_STEP_MS);
    firedAtMs = machineMs;
    const due = [...timers].filter(({ atMs }) => atMs <= nowMs).sort((one, other) => one.atMs - other.atMs);
    isFiring = true;
    try {
      for (const timer of due) if (timers.delete(timer)) timer.callback();
    } finally {
      isFiring = false;
      arm();
    }
  };
  const arm = (): void => {
    if (isFiring) return;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of timers) nextMs = Math.min(nextMs, atMs);
    if (nextMs >= wakeAtMs && wake !== undefined) return;
    clearTimeout(wake);
    wake = undefined;
    wakeAtMs = nextMs;
    // One step at most: when it fires late, time has stopped meanwhile.
    if (nextMs !== Number.POSITIVE_INFINITY) wake = setTimeout(fire, Math.min(Math.max(nextMs - nowMs, 0), MAX_STEP_MS) / factor);
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
