// A transaction is applied whole, or not at all.

import { test } from "bun:test";
import { assertEquals, assertThrows } from "@std/assert";
import { inTransaction } from "../../../src/adapters/store/transaction.ts";
import { withDatabase } from "./scratch.ts";

const insert = (id: string): string => `INSERT INTO instances (id, pid_space, pid, alive_ms) VALUES ('${id}', '', 1, 0)`;

test("inTransaction: what was done stays, and the result is returned", () => {
  withDatabase([], (db) => {
    assertEquals(
      inTransaction(db, () => {
        db.exec(insert("a"));
        return 7;
      }),
      7,
    );
    assertEquals(db.isTransaction, false);
    assertEquals(db.prepare("SELECT id FROM instances").all().length, 1);
  });
});

test("inTransaction: an error undoes all of it, and is thrown; the next transaction begins", () => {
  withDatabase([], (db) => {
    const fails = (): void =>
      inTransaction(db, () => {
        db.exec(insert("a"));
        throw new RangeError("no");
      });
    assertThrows(fails, RangeError, "no");
    assertEquals(db.isTransaction, false);
    inTransaction(db, () => db.exec(insert("b")));
    assertEquals(
      db
        .prepare("SELECT id FROM instances")
        .all()
        .map((row) => row["id"]),
      ["b"],
    );
  });
});

test("inTransaction: SQLite may have rolled back by itself; then its own error is thrown", () => {
  withDatabase([], (db) => {
    db.exec(insert("a"));
    // https://www.sqlite.org/lang_conflict.html
    const fails = (): void => inTransaction(db, () => db.exec(insert("a").replace("INSERT", "INSERT OR ROLLBACK")));
    assertThrows(fails, Error, "UNIQUE");
    assertEquals(db.isTransaction, false);
  });
});
