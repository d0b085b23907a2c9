// Stores call records: one JSON line per record, appended to a file of mode 0600, with complete telephone numbers.
// Nothing waits for it: when the disk hangs, a bounded queue fills, and then the oldest records are dropped.

import { constants } from "node:fs";
import type { Log, RecordStore } from "../call/ports.ts";
import type { CallRecord } from "../call/record.ts";
import { printable } from "../protocol/printable.ts";

/** Ten minutes of records at 200 concurrent calls of two minutes. */
export const MAX_WAITING_RECORDS = 1_000;

export interface FlushableStore extends RecordStore {
  /** Resolves when every record saved so far is written or lost. On a disk that hangs it never resolves. */
  flush(): Promise<void>;
}

/** Rejects when the text cannot be written. */
export type Append = (path: string, text: string) => Promise<void>;

/** Opens the path each time, because logrotate may have moved the file. */
const appendToFile: Append = async (path, text) => {
  const { appendFile } = await import("node:fs/promises");
  await appendFile(path, text, { mode: 0o600 });
};

/** O_NONBLOCK: a pipe without a reader is an error then. Windows has no such flag. */
const appendFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

/** Why the file cannot be written; undefined when it can. Makes an empty file. Waits for a disk that hangs. */
export async function findRecordsProblem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    const { open } = await import("node:fs/promises");
    await (await open(path, appendFlags, 0o600)).close();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Stores nothing: VOICE_RECORDS is not set. */
export const noStore: FlushableStore = { save: () => {}, flush: () => Promise.resolve() };

/**
 * Stores records in the file at `path`. Lost records (a full queue, a failed write) are counted in the log; it never
 * throws.
 */
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
      waiting.push(`${printable(JSON.stringify(record))}\n`);
      writing ??= write();
    },
    flush: () => writing ?? Promise.resolve(),
  };
}
