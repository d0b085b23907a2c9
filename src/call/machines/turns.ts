// The turns of a call, for the record and the log: what triggered each, how long the answer took, whether the caller
// interrupted it, and the transcripts.

import type { TurnRecord } from "../record.ts";

interface Turn extends TurnRecord {
  /** The caller's item: its transcript belongs to this turn. */
  readonly callerItemId: string | undefined;
  readonly responseId: string | undefined;
}

export interface Turns {
  /** Oldest first. */
  readonly turns: readonly Turn[];
  /** How many were dropped. */
  readonly forgotten: number;
}

/** Turns kept at most; the oldest go. An hour of quick exchanges is about 700. */
export const TURNS_MAX = 1_000;

export const noTurns: Turns = { turns: [], forgotten: 0 };

/** Begins a turn: the caller stopped speaking or pressed a key, or the agent's words were requested. */
export function beginTurn(turns: Turns, trigger: TurnRecord["trigger"], atMs: number, callerItemId: string | undefined): Turns {
  const turn: Turn = {
    trigger,
    triggeredAtMs: atMs,
    latencyMs: undefined,
    interrupted: false,
    callerText: undefined,
    modelText: undefined,
    callerItemId,
    responseId: undefined,
  };
  const full = turns.turns.length >= TURNS_MAX;
  return { turns: [...(full ? turns.turns.slice(1) : turns.turns), turn], forgotten: turns.forgotten + (full ? 1 : 0) };
}

/** A response's first audio was sent to the caller: it answers the newest turn, unless that already has an answer. */
export function answerTurn(turns: Turns, responseId: string, atMs: number): Turns {
  const last = turns.turns.at(-1);
  if (last === undefined || last.latencyMs !== undefined) return turns;
  return replaceLast(turns, { ...last, responseId, latencyMs: Math.max(0, Math.round(atMs - last.triggeredAtMs)) });
}

/** The caller interrupted the answer of the newest turn. */
export function interruptTurn(turns: Turns): Turns {
  const last = turns.turns.at(-1);
  return last === undefined || last.latencyMs === undefined ? turns : replaceLast(turns, { ...last, interrupted: true });
}

export function setCallerText(turns: Turns, itemId: string, text: string): Turns {
  return changeWhere(
    turns,
    (turn) => turn.callerItemId === itemId,
    (turn) => ({ ...turn, callerText: text }),
  );
}

/** Adds a transcript to a response's turn; a response with several items has several. */
export function addModelText(turns: Turns, responseId: string, text: string): Turns {
  return changeWhere(
    turns,
    (turn) => turn.responseId === responseId,
    (turn) => ({ ...turn, modelText: turn.modelText === undefined ? text : `${turn.modelText} ${text}` }),
  );
}

export function turnRecords(turns: Turns): readonly TurnRecord[] {
  return turns.turns.map(({ callerItemId: _item, responseId: _response, ...record }) => record);
}

function replaceLast(turns: Turns, turn: Turn): Turns {
  return { ...turns, turns: [...turns.turns.slice(0, -1), turn] };
}

function changeWhere(turns: Turns, matches: (turn: Turn) => boolean, change: (turn: Turn) => Turn): Turns {
  const index = turns.turns.findLastIndex(matches);
  const turn = turns.turns[index];
  return turn === undefined ? turns : { ...turns, turns: turns.turns.with(index, change(turn)) };
}
