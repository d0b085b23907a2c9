// Calls that no process holds any more: it was killed in the middle of them. They are closed in the store, by whichever
// process finds them. A process shows that it is alive by a row of its own, written every few seconds.

import type { DatabaseSync } from "node:sqlite";
import { inTransaction } from "./transaction.ts";

/** One run of voice. */
export interface Instance {
  readonly id: string;
  /** Where the process id means something; "": unknown. */
  readonly pidSpace: string;
  readonly pid: number;
}

/** Without a sign of life for so long, a process is over, or hangs so badly that its calls are. */
export const DEAD_AFTER_MS = 30_000;

export function showAlive(db: DatabaseSync, { id, pidSpace, pid }: Instance, nowMs: number): void {
  db.prepare(
    "INSERT INTO instances (id, pid_space, pid, alive_ms) VALUES (:id, :pidSpace, :pid, :now) ON CONFLICT (id) DO UPDATE SET alive_ms = :now",
  ).run({ id, pidSpace, pid, now: Math.round(nowMs) });
}

/** This process ends in order: its calls are over. */
export function forgetInstance(db: DatabaseSync, id: string): void {
  db.prepare("DELETE FROM instances WHERE id = ?").run(id);
}

/**
 * Closes the calls of processes that are over: at the time of their last write, by the server, cause "processEnded".
 * `isRunning` says whether such a process is there. `closed` is called for each call, in the same transaction. Returns
 * how many.
 */
export function closeUnfinished(
  db: DatabaseSync,
  own: Instance,
  nowMs: number,
  isRunning: (pid: number) => boolean,
  closed: (callSid: string) => void = () => {},
): number {
  const rows = db.prepare("SELECT id, pid_space AS pidSpace, pid, alive_ms FROM instances").all() as unknown as (Instance & {
    readonly alive_ms: number;
  })[];
  const dead = rows.filter(({ id, pidSpace, pid, alive_ms }) => {
    if (id === own.id) return false;
    return alive_ms < nowMs - DEAD_AFTER_MS || (pidSpace !== "" && pidSpace === own.pidSpace && pid !== own.pid && !isRunning(pid));
  });
  for (const { id } of dead) forgetInstance(db, id);
  return inTransaction(db, () => {
    const ended = db
      .prepare(
        `UPDATE calls SET ended_ms = touched_ms, end_by = 'server', end_cause = 'processEnded'
         WHERE ended_ms IS NULL AND instance NOT IN (SELECT id FROM instances) AND instance <> ? RETURNING call_sid AS callSid`,
      )
      .all(own.id) as unknown as readonly { readonly callSid: string }[];
    for (const { callSid } of ended) closed(callSid);
    return ended.length;
  });
}
