// Opening the file: made for this user only, and a damaged one is set aside.

import { test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { isDamage, openDatabase, openForReading } from "../../../src/adapters/store/open-database.ts";
import { migrations, NewerStoreError } from "../../../src/adapters/store/schema.ts";
import { inScratch } from "./scratch.ts";

const NOW_MS = 1_700_000_000_000;

test("openDatabase: makes folder and file for this user only, and those beside it too", () => {
  inScratch((folder) => {
    const path = join(folder, "a/b/calls.db");
    const { db, setAside } = openDatabase(path, NOW_MS);
    db.exec("INSERT INTO instances VALUES ('a', 'b', 1, 2)");
    assertEquals(setAside, undefined);
    assertEquals(statSync(join(folder, "a/b")).mode & 0o777, 0o700);
    assertEquals(readdirSync(join(folder, "a/b")).sort(), ["calls.db", "calls.db-shm", "calls.db-wal"]);
    for (const file of readdirSync(join(folder, "a/b"))) assertEquals(statSync(join(folder, "a/b", file)).mode & 0o777, 0o600, file);
    db.close();
  });
});

test("openDatabase: what was written is there after the file was opened again", () => {
  inScratch((folder) => {
    const path = join(folder, "calls.db");
    const first = openDatabase(path, NOW_MS).db;
    first.exec("INSERT INTO instances VALUES ('a', 'b', 1, 2)");
    first.close();
    const { db } = openDatabase(path, NOW_MS);
    assertEquals(db.prepare("SELECT id FROM instances").all().length, 1);
    db.close();
  });
});

for (const [what, damage] of [
  ["text", "not a database, and longer than the header of one"],
  ["the beginning of a database and then zeros", `SQLite format 3\0${"\0".repeat(8_000)}`],
] as const) {
  test(`openDatabase: ${what}: set aside as it was, and a new store begins`, () => {
    inScratch((folder) => {
      const path = join(folder, "calls.db");
      writeFileSync(path, damage);
      const { db, setAside } = openDatabase(path, NOW_MS);
      assertEquals(setAside, `${path}.damaged-${NOW_MS}`);
      assertEquals(readFileSync(`${path}.damaged-${NOW_MS}`, "utf8"), damage);
      db.exec("INSERT INTO instances VALUES ('a', 'b', 1, 2)");
      db.close();
    });
  });
}

test("openDatabase: pages that were overwritten are damage, when the file is opened or when they are read", () => {
  inScratch((folder) => {
    const path = join(folder, "calls.db");
    openDatabase(path, NOW_MS).db.close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4_096);
    writeFileSync(path, bytes);
    const { db, setAside } = openDatabase(path, NOW_MS);
    try {
      if (setAside === undefined) {
        const error = assertThrows(() => db.exec("INSERT INTO instances VALUES ('a', 'b', 1, 2)"));
        assert(isDamage(error), String(error));
      }
    } finally {
      db.close();
    }
  });
});

test("openDatabase: the store of a newer voice is not set aside", () => {
  inScratch((folder) => {
    const path = join(folder, "calls.db");
    const { db } = openDatabase(path, NOW_MS);
    db.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    db.close();
    assertThrows(() => openDatabase(path, NOW_MS), NewerStoreError);
    assertEquals(readdirSync(folder), ["calls.db"]);
  });
});

test("openForReading: sees what a writer has committed, and cannot write", () => {
  inScratch((folder) => {
    const path = join(folder, "calls.db");
    assertThrows(() => openForReading(path));
    const { db } = openDatabase(path, NOW_MS);
    const reader = openForReading(path);
    db.exec("INSERT INTO instances VALUES ('a', 'b', 1, 2)");
    assertEquals(reader.prepare("SELECT id FROM instances").all().length, 1);
    assertThrows(() => reader.exec("DELETE FROM instances"));
    reader.close();
    db.close();
  });
});
