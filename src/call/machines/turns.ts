// Turns: who asked, how long the answer took to reach the caller, whether it was talked over, and the words of both. For the record and the logs.

import type { TurnRecord } from "../record.ts";

/** A turn that may still change. */
interface Turn extends TurnRecord {
  /** The caller's item, by which a transcription finds its turn. */
  readonly callerItemId: string | undefined;
  readonly responseId: string | undefined;
}

/** The turns of a call, oldest first. */
export interface Turns {
  readonly turns: readonly Turn[];
  readonly forgotten: number;
}

/** Turns kept at most; the oldest go: an hour of quick exchanges is about 700. */
export const TURNS_MAX = 1_000;

/** No turn yet. */
export const noTurns: Turns = { turns: [], forgotten: 0 };

/** A turn begins: the caller has stopped speaking, has pressed a key, or the greeting is asked for. */
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

/** First audio of a response went to the caller: it answers the newest turn, unless that one has its answer. */
export function answerTurn(turns: Turns, responseId: string, atMs: number): Turns {
  const last = turns.turns.at(-1);
  if (last === undefined || last.latencyMs !== undefined) return turns;
  return replaceLast(turns, { ...last, responseId, latencyMs: Math.max(0, Math.round(atMs - last.triggeredAtMs)) });
}

/** The caller talked over the answer of the newest turn. */
export function interruptTurn(turns: Turns): Turns {
  const last = turns.turns.at(-1);
  return last === undefined || last.latencyMs === undefined ? turns : replaceLast(turns, { ...last, interrupted: true });
}

/** The transcription of what the caller said. */
export function heardText(turns: Turns, itemId: string, text: string): Turns {
  return changeWhere(
    turns,
    (turn) => turn.callerItemId === itemId,
    (turn) => ({ ...turn, callerText: text }),
  );
}

/** What the model said in a response; one with several items says several texts. */
export function saidText(turns: Turns, responseId: string, text: string): Turns {
  return changeWhere(
    turns,
    (turn) => turn.responseId === responseId,
    (turn) => ({ ...turn, modelText: turn.modelText === undefined ? text : `${turn.modelText} ${text}` }),
  );
}

/** The turns as they go into the record. */
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
