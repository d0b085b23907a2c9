// A log for what strangers can bring about: so many lines of one event a second, the rest counted. A flood must not fill the disk.

import type { Clock, Log } from "../../call/ports.ts";

/** Lines of one event in a second; far above what calls bring about, which are bounded by their number. */
export const LINES_PER_SECOND = 100;

/** Wraps a log; once a second says how many lines of which event were left out, if any, as `log.suppressed`. */
export function boundedLog(log: Log, clock: Clock): Log {
  const counts = new Map<string, number>();
  const tell = (): void => {
    for (const [event, count] of counts) {
      if (count > LINES_PER_SECOND) log("warning", "log.suppressed", { event, lines: count - LINES_PER_SECOND });
    }
    counts.clear();
  };
  return (level, event, fields) => {
    if (counts.size === 0) clock.after(1_000, tell);
    const count = (counts.get(event) ?? 0) + 1;
    counts.set(event, count);
    if (count <= LINES_PER_SECOND) log(level, event, fields);
  };
}
