// Applies writes to SQLite, a batch in one transaction.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { addressKey } from "../../protocol/address.ts";
import { addDeliveries, type DeliveredEvent } from "./add-deliveries.ts";
import { inTransaction } from "./transaction.ts";
import type { Write } from "./writes.ts";

type Value = string | number | null;
type Values = Readonly<Record<string, Value>>;

const callId = "(SELECT id FROM calls WHERE call_sid = :sid)";

/** Each may be repeated. Those of a call that is not stored, because it was erased meanwhile, change nothing. */
const sql = {
  "call.began": `INSERT INTO calls (call_sid, account_sid, from_address, to_address, from_key, to_key, direction, agent, model, instance, created_ms, touched_ms)
    VALUES (:sid, :account, :from, :to, :fromKey, :toKey, :direction, :agent, :model, :instance, :at, :at)
    ON CONFLICT (call_sid) DO UPDATE SET instance = excluded.instance, touched_ms = max(touched_ms, excluded.touched_ms)`,
  "call.started": "UPDATE calls SET started_ms = coalesce(started_ms, :at) WHERE call_sid = :sid",
  "call.turned": `INSERT INTO turns (call_id, position, trigger, at_ms, latency_ms, interrupted, caller_text, model_text)
    SELECT id, :position, :trigger, :at, :latency, :interrupted, :callerText, :modelText FROM calls WHERE call_sid = :sid
    ON CONFLICT (call_id, position) DO UPDATE SET latency_ms = excluded.latency_ms, interrupted = excluded.interrupted,
      caller_text = excluded.caller_text, model_text = excluded.model_text`,
  "call.noted": `INSERT OR IGNORE INTO notes (call_id, position, at_ms, name, fields)
    SELECT id, :position, :at, :name, :fields FROM calls WHERE call_sid = :sid`,
  "tool.ran": `INSERT OR IGNORE INTO tool_uses (call_id, function_call, name, arguments, started_ms)
    SELECT id, :call, :name, :arguments, :at FROM calls WHERE call_sid = :sid`,
  "tool.returned": `UPDATE tool_uses SET output = :output, returned_ms = :at WHERE call_id = ${callId} AND function_call = :call`,
  "usage.added": `INSERT OR IGNORE INTO usage (call_id, position, at_ms, model, input_tokens, output_tokens)
    SELECT id, :position, :at, :model, :input, :output FROM calls WHERE call_sid = :sid`,
  "delivery.tried": `UPDATE deliveries SET attempts = attempts + 1, state = :state, next_ms = :next, problem = :problem
    WHERE id = :id AND call_id = ${callId}`,
  "call.ended": `UPDATE calls SET started_ms = :started, ended_ms = :at, end_by = :by, end_cause = :cause, fallback = :fallback,
    twilio_code = :code, longest_wait_ms = :wait, cost_usd = :cost, counts = :counts WHERE call_sid = :sid`,
} as const satisfies Record<Write["type"], string>;

/** Later than any write of the call so far: a call that is found unfinished ended then. */
const touch = "UPDATE calls SET touched_ms = max(touched_ms, :at) WHERE call_sid = :sid";

/** Throws SQLite's errors; then nothing of the batch is applied. */
export type ApplyWrites = (writes: readonly Write[], nowMs: number) => void;

/** Applies batches to one database, as one instance. `deliver`: what others receive of a call that ends. */
export function makeWriter(db: DatabaseSync, instance: string, deliver: readonly DeliveredEvent[] = []): ApplyWrites {
  const statements = new Map<string, StatementSync>();
  const run = (text: string, values: Values): void => {
    let statement = statements.get(text);
    if (statement === undefined) {
      statement = db.prepare(text);
      statements.set(text, statement);
    }
    statement.run(values);
  };
  const apply = (write: Write, nowMs: number): void => {
    run(sql[write.type], { sid: write.callSid, ...valuesOf(write, instance) });
    if (write.type === "delivery.tried") return;
    run(touch, { sid: write.callSid, at: timeOf(write) });
    if (write.type === "call.ended") addDeliveries(db, write.callSid, deliver, nowMs);
  };
  return (writes, nowMs) =>
    inTransaction(db, () => {
      for (const write of writes) apply(write, nowMs);
    });
}

function timeOf(write: Write): number {
  if (write.type === "call.turned") return Math.round(write.turn.triggeredAtMs);
  return Math.round(write.type === "call.ended" ? write.record.endedAtMs : write.atMs);
}

function valuesOf(write: Write, instance: string): Values {
  const at = timeOf(write);
  switch (write.type) {
    case "call.began":
      return {
        account: write.accountSid,
        from: write.from,
        to: write.to,
        fromKey: addressKey(write.from),
        toKey: addressKey(write.to),
        direction: write.direction ?? null,
        agent: write.agent,
        model: write.model ?? null,
        instance,
        at,
      };
    case "call.started":
      return { at };
    case "call.turned":
      return {
        at,
        position: write.index,
        trigger: write.turn.trigger,
        latency: rounded(write.turn.latencyMs),
        interrupted: write.turn.interrupted ? 1 : 0,
        callerText: write.turn.callerText ?? null,
        modelText: write.turn.modelText ?? null,
      };
    case "call.noted":
      return { at, position: write.index, name: write.name, fields: write.fields };
    case "tool.ran":
      return { at, call: write.callId, name: write.name, arguments: write.arguments };
    case "tool.returned":
      return { at, call: write.callId, output: write.output };
    case "usage.added":
      return { at, position: write.index, model: write.model ?? null, input: write.inputTokens, output: write.outputTokens };
    case "delivery.tried": {
      const state = write.nextMs !== undefined ? "waiting" : write.problem === undefined ? "delivered" : "parked";
      return { id: write.id, state, next: Math.round(write.nextMs ?? write.atMs), problem: write.problem ?? null };
    }
    case "call.ended":
      return {
        at,
        started: rounded(write.record.startedAtMs),
        by: write.record.end.by,
        cause: write.record.end.cause,
        fallback: write.record.fallback,
        code: write.record.twilioCode ?? null,
        wait: rounded(write.record.longestWaitMs),
        cost: write.record.costUsd ?? null,
        counts: JSON.stringify(write.record.counts),
      };
  }
}

function rounded(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms);
}
