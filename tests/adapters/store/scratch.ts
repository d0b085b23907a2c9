// A folder for one test's database, removed at its end.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { DeliveredEvent } from "../../../src/adapters/store/add-deliveries.ts";
import { makeWriter } from "../../../src/adapters/store/apply-writes.ts";
import { openDatabase } from "../../../src/adapters/store/open-database.ts";
import type { Write } from "../../../src/adapters/store/writes.ts";
import { START_MS } from "./writes.ts";

export function inScratch<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "voice-store-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const result = use(folder);
    if (result instanceof Promise) return result.finally(remove) as T;
    remove();
    return result;
  } catch (error) {
    remove();
    throw error;
  }
}

/** A new database with these writes. */
export function withDatabase(
  writes: readonly Write[],
  use: (db: DatabaseSync, path: string) => void,
  deliver: readonly DeliveredEvent[] = [],
): void {
  inScratch((folder) => {
    const path = join(folder, "calls.db");
    const { db } = openDatabase(path, START_MS);
    try {
      makeWriter(db, "instance-1", deliver)(writes, START_MS);
      use(db, path);
    } finally {
      db.close();
    }
  });
}
