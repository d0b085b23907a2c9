// The tables of the store in SQLite, as numbered migrations. They go forward only: a migration that has been released
// is never changed, and a change of the tables is a new one. `PRAGMA user_version` is the number of those applied
// (https://www.sqlite.org/pragma.html#pragma_user_version).

import type { DatabaseSync } from "node:sqlite";
import { inTransaction } from "./transaction.ts";

export const migrations: readonly string[] = [
  `
  CREATE TABLE instances (
    id TEXT PRIMARY KEY,
    pid_space TEXT NOT NULL,
    pid INTEGER NOT NULL,
    alive_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE calls (
    id INTEGER PRIMARY KEY,
    call_sid TEXT NOT NULL UNIQUE,
    account_sid TEXT NOT NULL,
    from_address TEXT NOT NULL,
    to_address TEXT NOT NULL,
    from_key TEXT NOT NULL,
    to_key TEXT NOT NULL,
    direction TEXT,
    agent TEXT NOT NULL,
    model TEXT,
    instance TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    touched_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    end_by TEXT,
    end_cause TEXT,
    fallback TEXT,
    twilio_code INTEGER,
    longest_wait_ms INTEGER,
    counts TEXT
  ) STRICT;
  CREATE INDEX calls_by_time ON calls (created_ms);
  CREATE INDEX calls_by_caller ON calls (from_key, created_ms);
  CREATE INDEX calls_by_called ON calls (to_key, created_ms);
  CREATE INDEX calls_running ON calls (instance) WHERE ended_ms IS NULL;

  CREATE TABLE turns (
    id INTEGER PRIMARY KEY,
    call_id INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    position INTEGER NOT NULL,
    trigger TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    latency_ms INTEGER,
    interrupted INTEGER NOT NULL,
    caller_text TEXT,
    model_text TEXT,
    UNIQUE (call_id, position)
  ) STRICT;

  CREATE TABLE notes (
    call_id INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    position INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    name TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (call_id, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE tool_uses (
    call_id INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    function_call TEXT NOT NULL,
    name TEXT NOT NULL,
    arguments TEXT,
    output TEXT,
    started_ms INTEGER NOT NULL,
    returned_ms INTEGER,
    PRIMARY KEY (call_id, function_call)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE usage (
    call_id INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    position INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    model TEXT,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    PRIMARY KEY (call_id, position)
  ) STRICT, WITHOUT ROWID;

  CREATE VIRTUAL TABLE words USING fts5 (
    caller_text, model_text, content = 'turns', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
  );
  INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER turns_inserted AFTER INSERT ON turns BEGIN
    INSERT INTO words (rowid, caller_text, model_text) VALUES (new.id, new.caller_text, new.model_text);
  END;
  CREATE TRIGGER turns_deleted AFTER DELETE ON turns BEGIN
    INSERT INTO words (words, rowid, caller_text, model_text) VALUES ('delete', old.id, old.caller_text, old.model_text);
  END;
  CREATE TRIGGER turns_updated AFTER UPDATE ON turns BEGIN
    INSERT INTO words (words, rowid, caller_text, model_text) VALUES ('delete', old.id, old.caller_text, old.model_text);
    INSERT INTO words (rowid, caller_text, model_text) VALUES (new.id, new.caller_text, new.model_text);
  END;
  `,
  // US dollars; null for calls before it was counted, and where a price is not known.
  "ALTER TABLE calls ADD COLUMN cost_usd REAL",
  `
  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    call_id INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    position INTEGER NOT NULL,
    event TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    next_ms INTEGER NOT NULL,
    problem TEXT,
    UNIQUE (call_id, event)
  ) STRICT;
  CREATE INDEX deliveries_waiting ON deliveries (next_ms) WHERE state = 'waiting';
  `,
];

/** The store was written by a newer voice. */
export class NewerStoreError extends Error {
  constructor(found: number) {
    super(`the store has format ${found}, and this voice knows formats up to ${migrations.length}`);
  }
}

/** Applies the migrations that are missing, each whole or not at all. Throws a {@link NewerStoreError}. */
export function migrate(db: DatabaseSync, steps: readonly string[] = migrations): void {
  const { user_version: found } = db.prepare("PRAGMA user_version").get() as { user_version: number };
  if (found > steps.length) throw new NewerStoreError(found);
  for (const [index, sql] of steps.entries()) {
    if (index < found) continue;
    inTransaction(db, () => {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}
