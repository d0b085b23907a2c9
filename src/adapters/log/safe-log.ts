// A log that never throws, whatever the one below does: no call is lost for a line. Not the writer (adapters/log/log.ts), not the bound (bounded-log.ts).

import type { Log } from "../../call/ports.ts";

/** Wraps a log; lines at which it threw are counted, and the next one that goes through is followed by how many they were and reason, as `log.linesLost`. */
export function safeLog(log: Log): Log {
  let lost = 0;
  let reason = "";
  const passes = (...line: Parameters<Log>): boolean => {
    try {
      log(...line);
      return true;
    } catch (error) {
      reason = error instanceof Error ? error.message : "the thrown value is not an Error";
      return false;
    }
  };
  return (level, event, fields) => {
    if (!passes(level, event, fields)) lost += 1;
    // After the line, not before: one that the log cannot take must not keep the others from it.
    else if (lost > 0 && passes("warning", "log.linesLost", { lines: lost, reason })) lost = 0;
  };
}
