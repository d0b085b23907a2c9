// Opens the store's file, calls.db in the state directory. One that is damaged is set aside, never deleted, and a new
// one begins: a telephone line does not stop for a broken file.

import { closeSync, mkdirSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "./schema.ts";

/** How long a write waits for another process. Then it fails, and is tried again. */
const BUSY_MS = 2_000;

export interface OpenedDatabase {
  readonly db: DatabaseSync;
  /** Where a damaged file was moved; undefined: there was none. */
  readonly setAside: string | undefined;
}

/**
 * Opens or makes the file for writing, and its folder, for this user only. WAL: readers do not wait for the writer, and
 * a process that is killed leaves a file that opens (https://www.sqlite.org/wal.html). Throws SQLite's errors, and
 * NewerStoreError.
 */
export function openDatabase(path: string, nowMs: number): OpenedDatabase {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite gives the files beside it the same rights: https://www.sqlite.org/wal.html
  closeSync(openSync(path, "a", 0o600));
  try {
    return { db: open(path), setAside: undefined };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const setAside = `${path}.damaged-${nowMs}`;
    renameSync(path, setAside);
    for (const suffix of ["-wal", "-shm"]) moveIfThere(`${path}${suffix}`, `${setAside}${suffix}`);
    closeSync(openSync(path, "a", 0o600));
    return { db: open(path), setAside };
  }
}

function open(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    db.exec("PRAGMA journal_mode = WAL");
    // A power cut may lose the last commits, and never damages the file: https://www.sqlite.org/pragma.html#pragma_synchronous
    db.exec("PRAGMA synchronous = NORMAL");
    db.exec("PRAGMA foreign_keys = ON");
    // What is erased is not left in the file: https://www.sqlite.org/pragma.html#pragma_secure_delete
    db.exec("PRAGMA secure_delete = ON");
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens the file for reading only, as the commands do while a server writes. Throws when there is none. */
export function openForReading(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true });
  db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  return db;
}

/** Whether an error says that the file is damaged, or no database: https://www.sqlite.org/rescode.html#corrupt */
export function isDamage(error: unknown): boolean {
  return error instanceof Error && /malformed|not a database|disk image|file is encrypted/i.test(error.message);
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ENOENT") throw error;
  }
}
