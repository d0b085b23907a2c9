// Keeps call records: JSON lines appended to a file, one record a line, telephone numbers in full (it is the operator's own file, mode 0600). Not the log.
// Nothing waits for it: a disk that hangs fills a bounded queue, and then the oldest records go.

import { appendFile } from "node:fs/promises";
import type { Log, RecordStore } from "../call/ports.ts";
import type { CallRecord } from "../call/record.ts";

/** Most records that wait for the disk; at 200 calls of two minutes, ten minutes' worth. */
export const MAX_WAITING_RECORDS = 1_000;

/** A store that can be waited for when the process ends. */
export interface FlushableStore extends RecordStore {
  /** Resolves when what was saved until now is written or lost. May never resolve on a disk that hangs. */
  flush(): Promise<void>;
}

/** Appends text to a file; rejects when it cannot. */
export type Append = (path: string, text: string) => Promise<void>;

/** By path each time, not by an open file: logrotate may move it away. */
const appendToFile: Append = (path, text) => appendFile(path, text, { mode: 0o600 });

/** Keeps nothing: VOICE_RECORDS is not set. */
export const noStore: FlushableStore = { save: () => {}, flush: () => Promise.resolve() };

/** Keeps records in the file at `path`. What is lost (a full queue, a failed write) is counted in the log, never thrown. */
export function fileStore(path: string, log: Log, append: Append = appendToFile): FlushableStore {
  let waiting: string[] = [];
  let lost = 0;
  let writing: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      try {
        await append(path, lines.join(""));
      } catch (error) {
        log("error", "records.writeFailed", { path, records: lines.length, error: String(error) });
      }
      if (lost > 0) log("error", "records.lost", { path, records: lost });
      lost = 0;
    }
    writing = undefined;
  };
  return {
    save(record: CallRecord) {
      if (waiting.length >= MAX_WAITING_RECORDS) {
        waiting.shift();
        if (++lost === 1) log("error", "records.queueFilled", { path, records: MAX_WAITING_RECORDS });
      }
      waiting.push(`${JSON.stringify(record)}\n`);
      writing ??= write();
    },
    flush: () => writing ?? Promise.resolve(),
  };
}
