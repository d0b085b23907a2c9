// The calls of a time in a few numbers.

import type { DatabaseSync } from "node:sqlite";

export interface CallFigures {
  readonly calls: number;
  /** Of calls that have ended. */
  readonly talkMs: number;
  /** How many were transferred to a person, and how many callers heard an apology. */
  readonly transferred: number;
  readonly apologies: number;
  /** US dollars, of calls whose price is known. */
  readonly costUsd: number;
  /** From the end of the caller's turn to the first audio of the answer, the slowest of 20; null: no turns. */
  readonly latencyP95Ms: number | null;
  /** Why calls ended, the most frequent first. */
  readonly causes: readonly { readonly by: string; readonly cause: string; readonly calls: number }[];
}

const MAX_CAUSES = 8;

/** Of the calls that began at `sinceMs` or later. */
export function callFigures(db: DatabaseSync, sinceMs: number): CallFigures {
  const since = Math.round(sinceMs);
  const sums = db
    .prepare(
      `SELECT count(*) AS calls, coalesce(sum(ended_ms - started_ms), 0) AS talkMs,
         coalesce(sum(fallback = 'transferred'), 0) AS transferred, coalesce(sum(fallback = 'apology'), 0) AS apologies,
         coalesce(sum(cost_usd), 0) AS costUsd
       FROM calls WHERE created_ms >= ?`,
    )
    .get(since) as unknown as Omit<CallFigures, "latencyP95Ms" | "causes">;
  const causes = db
    .prepare(
      `SELECT end_by AS "by", end_cause AS cause, count(*) AS calls FROM calls
       WHERE created_ms >= ? AND ended_ms IS NOT NULL GROUP BY end_by, end_cause ORDER BY calls DESC, cause LIMIT ?`,
    )
    .all(since, MAX_CAUSES) as unknown as CallFigures["causes"];
  return { ...sums, latencyP95Ms: latencyP95(db, since), causes };
}

function latencyP95(db: DatabaseSync, since: number): number | null {
  const from = "FROM turns JOIN calls ON calls.id = turns.call_id WHERE created_ms >= ? AND latency_ms IS NOT NULL";
  const { turns } = db.prepare(`SELECT count(*) AS turns ${from}`).get(since) as { turns: number };
  if (turns === 0) return null;
  const rank = Math.floor((turns - 1) * 0.95);
  const row = db.prepare(`SELECT latency_ms AS ms ${from} ORDER BY latency_ms LIMIT 1 OFFSET ?`).get(since, rank);
  return (row as { ms: number }).ms;
}
