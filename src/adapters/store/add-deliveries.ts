// What other systems receive of a call that has ended: put into the outbox in the transaction that ends the call, also
// of a call that was found unfinished. So what is stored is delivered.

import type { DatabaseSync } from "node:sqlite";
import { type CallStory, endedOnPurpose, readCall, type StoredCall } from "./read-calls.ts";

export type DeliveredEvent = "call.ended" | "call.failed";

/** Adds the deliveries of a call that has just ended. A second time changes nothing. */
export function addDeliveries(db: DatabaseSync, callSid: string, events: readonly DeliveredEvent[], nowMs: number): void {
  const story = events.length === 0 ? undefined : readCall(db, callSid);
  if (story === undefined) return;
  const insert = db.prepare(
    `INSERT OR IGNORE INTO deliveries (id, call_id, position, event, payload, created_ms, next_ms)
     SELECT :id, id, :position, :event, :payload, :now, :now FROM calls WHERE call_sid = :sid`,
  );
  for (const event of events.filter((one) => one !== "call.failed" || hasFailed(story.call))) {
    const payload = JSON.stringify(payloadOf(event, story, nowMs));
    insert.run({ id: `msg_${crypto.randomUUID()}`, position: events.indexOf(event), event, payload, now: Math.round(nowMs), sid: callSid });
  }
}

/** A failure ended it, or its caller heard an apology. */
function hasFailed(call: StoredCall): boolean {
  return !endedOnPurpose(call) || call.fallback === "apology";
}

function payloadOf(type: DeliveredEvent, { call, turns, tools }: CallStory, nowMs: number): object {
  const { callSid, from, to, direction, agent, model, createdMs, startedMs, endedMs, endBy, endCause, fallback, costUsd } = call;
  return {
    type,
    timestamp: timeText(nowMs),
    data: {
      callSid,
      from,
      to,
      direction,
      agent,
      model,
      createdAt: timeText(createdMs),
      startedAt: timeText(startedMs),
      endedAt: timeText(endedMs),
      end: { by: endBy, cause: endCause },
      fallback,
      costUsd,
      turns: turns.map(({ trigger, atMs, latencyMs, interrupted, callerText, modelText }) => ({
        trigger,
        at: timeText(atMs),
        caller: callerText,
        agent: modelText,
        latencyMs,
        interrupted,
      })),
      tools: tools.map(({ name, arguments: given, output, startedMs: atMs }) => ({ name, at: timeText(atMs), arguments: given, output })),
    },
  };
}

function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
