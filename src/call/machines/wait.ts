// What a caller has had to wait for, and what had to be done for them: numbers only. The rules are waiting.ts's.

import type { Fallback } from "../record.ts";

/** What a caller has had to wait for, and what had to be done for them. */
export interface Wait {
  /** Since when something is due to the caller; undefined while nothing is. */
  readonly sinceMs: number | undefined;
  readonly longestMs: number;
  /** The lowest fallback of the ladder so far. */
  readonly fallback: Fallback;
}

/** Nothing was waited for, nothing mended. */
export const noWait: Wait = { sinceMs: undefined, longestMs: 0, fallback: "none" };

/** The longest wait so far, the present one included, milliseconds. */
export function longestWaitMs({ sinceMs, longestMs }: Wait, atMs: number): number {
  return sinceMs === undefined ? longestMs : Math.max(longestMs, Math.round(atMs - sinceMs));
}
