// Reads stored calls: lists with filters, full-text search, and the whole of one call. Times are epoch milliseconds.

import type { DatabaseSync } from "node:sqlite";
import { addressKey } from "../../protocol/address.ts";
import { deliveriesOf, type StoredDelivery } from "./deliveries.ts";

/** A call, as a list shows it. */
export interface StoredCall {
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  readonly direction: string | null;
  readonly agent: string;
  readonly model: string | null;
  readonly createdMs: number;
  readonly startedMs: number | null;
  /** Null: it is running. */
  readonly endedMs: number | null;
  readonly endBy: string | null;
  readonly endCause: string | null;
  readonly fallback: string | null;
  readonly twilioCode: number | null;
  readonly longestWaitMs: number | null;
  /** US dollars. Null: a price is not known. */
  readonly costUsd: number | null;
  readonly turns: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * Whether a call was ended on purpose: by one of those who talked, or by an operator. Otherwise something failed, or it
 * is still running.
 */
export function endedOnPurpose({ endBy }: Pick<StoredCall, "endBy">): boolean {
  return endBy === "caller" || endBy === "agent" || endBy === "operator";
}

export interface StoredTurn {
  readonly trigger: string;
  readonly atMs: number;
  readonly latencyMs: number | null;
  readonly interrupted: boolean;
  readonly callerText: string | null;
  readonly modelText: string | null;
}

export interface StoredNote {
  readonly atMs: number;
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface StoredToolUse {
  readonly name: string;
  readonly arguments: string | null;
  readonly output: string | null;
  readonly startedMs: number;
  readonly returnedMs: number | null;
}

/** Everything that is stored of one call. */
export interface CallStory {
  readonly call: StoredCall;
  readonly turns: readonly StoredTurn[];
  readonly notes: readonly StoredNote[];
  readonly tools: readonly StoredToolUse[];
  readonly deliveries: readonly StoredDelivery[];
  readonly counts: Readonly<Record<string, number>> | undefined;
}

/** Which calls; all that is given must hold. */
export interface CallQuery {
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly agent?: string | undefined;
  /** Who or why: "caller", "modelRefused". */
  readonly end?: string | undefined;
  /** A caller or a called number, in any spelling. */
  readonly number?: string | undefined;
  /** Words that the caller or the agent said. */
  readonly text?: string | undefined;
  /** Calls before this place of an earlier page. */
  readonly before?: Cursor | undefined;
  /** At most {@link MAX_PAGE}. */
  readonly limit: number;
}

/** Where a page of calls ended. */
export interface Cursor {
  readonly createdMs: number;
  readonly callSid: string;
}

export const MAX_PAGE = 1_000;

const columns = `call_sid AS callSid, from_address AS "from", to_address AS "to", direction, agent, model,
  created_ms AS createdMs, started_ms AS startedMs, ended_ms AS endedMs, end_by AS endBy, end_cause AS endCause, fallback,
  twilio_code AS twilioCode, longest_wait_ms AS longestWaitMs, cost_usd AS costUsd,
  (SELECT count(*) FROM turns WHERE call_id = calls.id) AS turns,
  (SELECT coalesce(sum(input_tokens), 0) FROM usage WHERE call_id = calls.id) AS inputTokens,
  (SELECT coalesce(sum(output_tokens), 0) FROM usage WHERE call_id = calls.id) AS outputTokens`;

/** The newest first. */
export function listCalls(db: DatabaseSync, query: CallQuery): readonly StoredCall[] {
  const values: Record<string, string | number> = { limit: Math.min(query.limit, MAX_PAGE) };
  const where = conditions(query).map(({ condition, named }) => {
    Object.assign(values, named);
    return condition;
  });
  const filter = where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`;
  const sql = `SELECT ${columns} FROM calls ${filter} ORDER BY created_ms DESC, call_sid DESC LIMIT :limit`;
  return db.prepare(sql).all(values) as unknown as readonly StoredCall[];
}

interface Condition {
  readonly condition: string;
  readonly named: Readonly<Record<string, string | number>>;
}

function conditions({ sinceMs, untilMs, agent, end, number, text, before }: CallQuery): readonly Condition[] {
  const all: (Condition | undefined)[] = [
    sinceMs === undefined ? undefined : { condition: "created_ms >= :since", named: { since: sinceMs } },
    untilMs === undefined ? undefined : { condition: "created_ms < :until", named: { until: untilMs } },
    agent === undefined ? undefined : { condition: "agent = :agent", named: { agent } },
    end === undefined ? undefined : { condition: "(end_by = :end OR end_cause = :end)", named: { end } },
    number === undefined ? undefined : { condition: "(from_key = :key OR to_key = :key)", named: { key: addressKey(number) } },
    text === undefined
      ? undefined
      : {
          condition: "id IN (SELECT call_id FROM turns WHERE id IN (SELECT rowid FROM words WHERE words MATCH :words))",
          named: { words: searchOf(text) },
        },
    before === undefined
      ? undefined
      : { condition: "(created_ms, call_sid) < (:beforeMs, :beforeSid)", named: { beforeMs: before.createdMs, beforeSid: before.callSid } },
  ];
  return all.filter((one) => one !== undefined);
}

/**
 * Words as FTS5 takes them: each quoted, so that none is an operator, and the last as a prefix, since people search
 * while they type. https://www.sqlite.org/fts5.html#full_text_query_syntax
 */
export function searchOf(text: string): string {
  const words = text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  return words.length === 0 ? '""' : `${words.map((word) => `"${word.replaceAll('"', '""')}"`).join(" ")}*`;
}

/** Undefined: no such call is stored. */
export function readCall(db: DatabaseSync, callSid: string): CallStory | undefined {
  const row = db.prepare(`SELECT id, counts, ${columns} FROM calls WHERE call_sid = ?`).get(callSid) as unknown as
    | (StoredCall & { readonly id: number; readonly counts: string | null })
    | undefined;
  if (row === undefined) return undefined;
  const { id, counts, ...call } = row;
  const turns = all<Omit<StoredTurn, "interrupted"> & { readonly interrupted: number }>(
    db,
    `SELECT trigger, at_ms AS atMs, latency_ms AS latencyMs, interrupted, caller_text AS callerText, model_text AS modelText
     FROM turns WHERE call_id = ? ORDER BY position`,
    id,
  );
  const notes = all<{ readonly atMs: number; readonly name: string; readonly fields: string }>(
    db,
    "SELECT at_ms AS atMs, name, fields FROM notes WHERE call_id = ? ORDER BY position",
    id,
  );
  const tools = all<StoredToolUse>(
    db,
    `SELECT name, arguments, output, started_ms AS startedMs, returned_ms AS returnedMs
     FROM tool_uses WHERE call_id = ? ORDER BY started_ms, function_call`,
    id,
  );
  return {
    call,
    turns: turns.map((turn) => ({ ...turn, interrupted: turn.interrupted === 1 })),
    notes: notes.map((note) => ({ ...note, fields: JSON.parse(note.fields) as Record<string, unknown> })),
    tools,
    deliveries: deliveriesOf(db, callSid),
    counts: counts === null ? undefined : (JSON.parse(counts) as Record<string, number>),
  };
}

function all<T>(db: DatabaseSync, sql: string, id: number): readonly T[] {
  return db.prepare(sql).all(id) as unknown as readonly T[];
}
