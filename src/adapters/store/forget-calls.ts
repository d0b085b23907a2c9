// What the store forgets: what is older than it may be kept, and everything of a number on request.

import type { DatabaseSync } from "node:sqlite";
import { addressKey } from "../../protocol/address.ts";

/** How long each kind is kept, milliseconds from the call's beginning; undefined: without an end. */
export interface Keep {
  /** The words of both sides, and what tools were given and returned. */
  readonly transcriptMs: number | undefined;
  /** That the call was there, when, with whom, and how it ended. */
  readonly recordMs: number | undefined;
}

/** How many calls one step changes: a step must not hold up the writes behind it. */
const STEP_CALLS = 200;

/** Forgets what is too old, up to {@link STEP_CALLS} calls of each kind. Returns whether there is more. */
export function forgetOld(db: DatabaseSync, { transcriptMs, recordMs }: Keep, nowMs: number): boolean {
  const wordsOf = transcriptMs === undefined ? [] : callsWithWords(db, nowMs - transcriptMs);
  for (const id of wordsOf) {
    db.prepare("UPDATE turns SET caller_text = NULL, model_text = NULL WHERE call_id = ?").run(id);
    db.prepare("UPDATE tool_uses SET arguments = NULL, output = NULL WHERE call_id = ?").run(id);
    // Their payloads have the words too.
    db.prepare("DELETE FROM deliveries WHERE call_id = ?").run(id);
  }
  const deleted =
    recordMs === undefined
      ? 0
      : db
          .prepare("DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE created_ms < ? AND ended_ms IS NOT NULL LIMIT ?)")
          .run(Math.round(nowMs - recordMs), STEP_CALLS).changes;
  return wordsOf.length === STEP_CALLS || Number(deleted) === STEP_CALLS;
}

function callsWithWords(db: DatabaseSync, beforeMs: number): readonly number[] {
  const rows = db
    .prepare(
      `SELECT id FROM calls WHERE created_ms < ? AND ended_ms IS NOT NULL AND (
         EXISTS (SELECT 1 FROM turns WHERE call_id = calls.id AND (caller_text IS NOT NULL OR model_text IS NOT NULL))
         OR EXISTS (SELECT 1 FROM tool_uses WHERE call_id = calls.id AND (arguments IS NOT NULL OR output IS NOT NULL))
         OR EXISTS (SELECT 1 FROM deliveries WHERE call_id = calls.id))
       LIMIT ?`,
    )
    .all(Math.round(beforeMs), STEP_CALLS) as unknown as readonly { readonly id: number }[];
  return rows.map(({ id }) => id);
}

/** Erases every call from or to a number, in any spelling. Returns how many. */
export function eraseNumber(db: DatabaseSync, number: string): number {
  const key = addressKey(number);
  const { changes } = db.prepare("DELETE FROM calls WHERE from_key = :key OR to_key = :key").run({ key });
  // What was deleted may still be in the write-ahead log: https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  return Number(changes);
}
