// A log that never throws, so that no call is lost for a log line. The writer: log.ts. The limit: bounded-log.ts.

import type { Log } from "../../call/ports.ts";

/**
 * Counts lines at which the log threw. After the next line that succeeds, `log.linesLost` reports their number and the
 * reason.
 */
export function safeLog(log: Log): Log {
  let lost = 0;
  let reason = "";
  const succeeds = (...line: Parameters<Log>): boolean => {
    try {
      log(...line);
      return true;
    } catch (error) {
      reason = error instanceof Error ? error.message : "the thrown value is not an Error";
      return false;
    }
  };
  return (level, event, fields) => {
    if (!succeeds(level, event, fields)) lost += 1;
    // After the line, not before: if the report itself fails, the line must still be written.
    else if (lost > 0 && succeeds("warning", "log.linesLost", { lines: lost, reason })) lost = 0;
  };
}
