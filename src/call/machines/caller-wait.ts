// How long the caller has been waiting for something that is due, and the longest wait so far.

export interface CallerWait {
  /** Since when something is due to the caller; undefined while nothing is. */
  readonly sinceMs: number | undefined;
  readonly longestMs: number;
}

export const noWait: CallerWait = { sinceMs: undefined, longestMs: 0 };

/** A wait that has begun already goes on. */
export function waitFrom(wait: CallerWait, atMs: number): CallerWait {
  return wait.sinceMs === undefined ? { ...wait, sinceMs: atMs } : wait;
}

export function waitUntil(wait: CallerWait, atMs: number): CallerWait {
  return wait.sinceMs === undefined ? wait : { sinceMs: undefined, longestMs: longestWaitMs(wait, atMs) };
}

/** The longest wait so far, including the current one. */
export function longestWaitMs({ sinceMs, longestMs }: CallerWait, atMs: number): number {
  return sinceMs === undefined ? longestMs : Math.max(longestMs, Math.round(atMs - sinceMs));
}
