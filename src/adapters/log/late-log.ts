// A log before its writer is loaded: the server listens first. Lines wait here, in order, until `open`.

import type { Log } from "../../call/ports.ts";

/** Lines that may wait. A server that has just begun to listen writes a few. */
export const MAX_LATE_LINES = 1_000;

export interface LateLog {
  readonly log: Log;
  /** Passes the lines that waited, and all that follow, to `writer`. It reports lines beyond the limit as lost. */
  open(writer: Log): void;
}

export function lateLog(): LateLog {
  const waiting: Parameters<Log>[] = [];
  let lost = 0;
  let writer: Log | undefined;
  return {
    log(...line) {
      if (writer !== undefined) writer(...line);
      else if (waiting.length < MAX_LATE_LINES) waiting.push(line);
      else lost += 1;
    },
    open(loaded) {
      writer = loaded;
      for (const line of waiting.splice(0)) loaded(...line);
      if (lost > 0) loaded("warning", "log.linesLost", { lines: lost });
    },
  };
}
