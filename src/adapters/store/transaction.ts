// One transaction: https://www.sqlite.org/lang_transaction.html

import type { DatabaseSync } from "node:sqlite";

/** Runs `act` in a transaction. When it throws, nothing of it is applied, and the error is thrown. */
export function inTransaction<T>(db: DatabaseSync, act: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = act();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    // SQLite may have rolled back by itself: https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
