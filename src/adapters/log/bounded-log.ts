// A log for events that unauthenticated clients can cause: so many lines of one event a second, the rest counted, so
// that a flood cannot fill the disk.

import type { Clock, Log } from "../../call/ports.ts";

/** Of one event. Far above what calls cause, whose number is limited. */
export const LINES_PER_SECOND = 100;

/** Once a second, `log.suppressed` reports how many lines of which event were dropped, if any. */
export function boundedLog(log: Log, clock: Clock): Log {
  const counts = new Map<string, number>();
  const report = (): void => {
    for (const [event, count] of counts) {
      if (count > LINES_PER_SECOND) log("warning", "log.suppressed", { event, lines: count - LINES_PER_SECOND });
    }
    counts.clear();
  };
  return (level, event, fields) => {
    if (counts.size === 0) clock.after(1_000, report);
    const count = (counts.get(event) ?? 0) + 1;
    counts.set(event, count);
    if (count <= LINES_PER_SECOND) log(level, event, fields);
  };
}
