// Migrations: forward only, each whole or not at all; the store of a newer voice is refused.

import { test } from "bun:test";
import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertThrows } from "@std/assert";
import { migrate, migrations, NewerStoreError } from "../../../src/adapters/store/schema.ts";

function versionOf(db: DatabaseSync): number {
  return (db.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
}

function tablesOf(db: DatabaseSync): readonly unknown[] {
  return db.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").all();
}

test("migrate: from every older version to the tables of a new store", () => {
  const fresh = new DatabaseSync(":memory:");
  migrate(fresh);
  assertEquals(versionOf(fresh), migrations.length);
  for (let from = 0; from <= migrations.length; from += 1) {
    const db = new DatabaseSync(":memory:");
    migrate(db, migrations.slice(0, from));
    assertEquals(versionOf(db), from);
    migrate(db);
    assertEquals(tablesOf(db), tablesOf(fresh));
  }
});

test("migrate: a second time changes nothing", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db);
  const before = tablesOf(db);
  migrate(db);
  assertEquals(tablesOf(db), before);
});

test("migrate: the store of a newer voice is refused and not touched", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db, [...migrations, "CREATE TABLE of_the_future (a)"]);
  const before = tablesOf(db);
  assertThrows(() => migrate(db), NewerStoreError, `format ${migrations.length + 1}`);
  assertEquals(tablesOf(db), before);
});

test("migrate: a step that fails leaves the version before it", () => {
  const db = new DatabaseSync(":memory:");
  assertThrows(() => migrate(db, ["CREATE TABLE a (b)", "CREATE TABLE c (d); CREATE TABLE a (e)"]));
  assertEquals(versionOf(db), 1);
  assertEquals(
    tablesOf(db).map((row) => (row as { name: string }).name),
    ["a"],
  );
});
