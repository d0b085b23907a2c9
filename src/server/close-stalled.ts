// Has stalled connections closed (platform/stalled-connections.ts), and logs how many, for as long as the server runs.

import type { Clock, Log } from "../call/ports.ts";

/** At a limit of 4,096 files, 10,000 connections a second take this long for the last quarter. */
export const CLOSE_STALLED_EVERY_MS = 100;
/** A line at most so often. */
export const REPORT_EVERY_MS = 10_000;

/** `close` returns how many it closed. Runs until the returned function is called. */
export function closeStalledRegularly(close: (nowMs: number) => number, clock: Clock, log: Log): () => void {
  let closed = 0;
  let reportAtMs = 0;
  let cancel: () => void;
  const arm = (): void => {
    cancel = clock.after(CLOSE_STALLED_EVERY_MS, () => {
      const nowMs = clock.nowMs();
      closed += close(nowMs);
      if (closed > 0 && nowMs >= reportAtMs) {
        log("warning", "connections.stalled", {
          closed,
          fix: "raise the limit of open files, or put a proxy in front that waits for whole requests",
        });
        closed = 0;
        reportAtMs = nowMs + REPORT_EVERY_MS;
      }
      arm();
    });
  };
  arm();
  return () => cancel();
}
