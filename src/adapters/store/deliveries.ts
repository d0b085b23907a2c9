// The outbox: what other systems receive of a call. A delivery is stored in the same transaction as what it is
// about, and stays until it was taken or parked. Those of one call go out in their order.

import type { DatabaseSync } from "node:sqlite";

export interface DueDelivery {
  /** The same each time it is sent: receivers know by it what they have already. */
  readonly id: string;
  readonly callSid: string;
  readonly event: string;
  /** JSON. */
  readonly payload: string;
  readonly attempts: number;
  readonly createdMs: number;
}

export interface StoredDelivery extends DueDelivery {
  readonly state: "waiting" | "delivered" | "parked";
  /** When it was delivered or parked, or is tried next. */
  readonly atMs: number;
  /** Why the last attempt failed. */
  readonly problem: string | null;
}

const columns = "deliveries.id, call_sid AS callSid, event, payload, attempts, deliveries.created_ms AS createdMs";

/** The next of each call, at most so many, the longest due first. */
export function dueDeliveries(db: DatabaseSync, nowMs: number, limit: number): readonly DueDelivery[] {
  return db
    .prepare(
      `SELECT ${columns} FROM deliveries JOIN calls ON calls.id = call_id
       WHERE state = 'waiting' AND next_ms <= :now AND NOT EXISTS (
         SELECT 1 FROM deliveries AS earlier
         WHERE earlier.call_id = deliveries.call_id AND earlier.position < deliveries.position AND earlier.state = 'waiting')
       ORDER BY next_ms, position LIMIT :limit`,
    )
    .all({ now: Math.round(nowMs), limit }) as unknown as readonly DueDelivery[];
}

/** Those of one call, in order. */
export function deliveriesOf(db: DatabaseSync, callSid: string): readonly StoredDelivery[] {
  return db
    .prepare(
      `SELECT ${columns}, state, next_ms AS atMs, problem FROM deliveries JOIN calls ON calls.id = call_id
       WHERE call_sid = ? ORDER BY position`,
    )
    .all(callSid) as unknown as readonly StoredDelivery[];
}

/** Sends all deliveries of a call once more, at once. Returns how many. */
export function sendAgain(db: DatabaseSync, callSid: string, nowMs: number): number {
  const { changes } = db
    .prepare(
      `UPDATE deliveries SET state = 'waiting', next_ms = :now, created_ms = :now
       WHERE call_id = (SELECT id FROM calls WHERE call_sid = :sid)`,
    )
    .run({ now: Math.round(nowMs), sid: callSid });
  return Number(changes);
}
