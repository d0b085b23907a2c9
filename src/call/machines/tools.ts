// The tools that a call is running: functions that the model called and that have not returned. What they do is not
// known here: the driver runs them.

import type { FunctionCall } from "../../protocol/realtime/realtime.ts";

/** A tool that has not returned. */
export interface RunningTool {
  readonly callId: string;
  readonly name: string;
  /** The model session that called it: only that one takes its result as a function's. */
  readonly session: number;
  /** When it must have returned. */
  readonly dueMs: number;
}

export interface Tools {
  /** Calls of the current response so far. They are run when it is complete. */
  readonly called: { readonly responseId: string; readonly calls: readonly FunctionCall[] };
  readonly running: readonly RunningTool[];
  /** Responses in a row that called tools, without a word of the caller's in between. */
  readonly rounds: number;
}

export const noTools: Tools = { called: { responseId: "", calls: [] }, running: [], rounds: 0 };

/** Calls of one response that are run. */
const CALLS_MAX = 8;
/** Tools that may run at the same time. Calls beyond are answered, and not run. */
export const RUNNING_MAX = 16;
/** Responses in a row that may call tools: then the model must answer, so that it cannot call them forever. */
export const ROUNDS_MAX = 8;

/** Notes a call of a response that is under way. */
export function noteCall(tools: Tools, responseId: string, call: FunctionCall): Tools {
  const before = tools.called.responseId === responseId ? tools.called.calls : [];
  return { ...tools, called: { responseId, calls: [...before, call].slice(0, RUNNING_MAX) } };
}

/**
 * The calls of a response that is complete: those noted, and those that its end lists. Some servers list none, some
 * name the function only there. A call without an id or a name cannot be answered.
 */
export function callsOf({ called }: Tools, responseId: string, listed: readonly FunctionCall[]): readonly FunctionCall[] {
  const noted = called.responseId === responseId ? called.calls : [];
  const byId = new Map([...noted, ...listed].map((call) => [call.callId, call]));
  return [...byId.values()].filter(({ callId, name }) => callId !== "" && name !== "");
}

/** How many of so many calls of one response may be run. */
export function roomFor({ running }: Tools, calls: number): number {
  return Math.min(calls, CALLS_MAX, RUNNING_MAX - running.length);
}

/** Starts the calls of a response. `dueMs`: when one with this name must have returned. */
export function startTools(tools: Tools, session: number, calls: readonly FunctionCall[], dueMs: (name: string) => number): Tools {
  const started = calls.map(({ callId, name }) => ({ callId, name, session, dueMs: dueMs(name) }));
  return { called: noTools.called, running: [...tools.running, ...started], rounds: tools.rounds + 1 };
}

/** When the first running tool must have returned. */
export function nextDueMs({ running }: Tools): number | undefined {
  return running.length === 0 ? undefined : Math.min(...running.map(({ dueMs }) => dueMs));
}

/** The tool that has returned, and the tools without it; undefined when it is not running (any more). */
export function toolReturned(tools: Tools, callId: string): { readonly tools: Tools; readonly tool: RunningTool } | undefined {
  const tool = tools.running.find((one) => one.callId === callId);
  if (tool === undefined) return undefined;
  return { tools: { ...tools, running: tools.running.filter((one) => one !== tool) }, tool };
}

/** The caller has spoken or pressed a key: tools may be called again. */
export function allowTools(tools: Tools): Tools {
  return tools.rounds === 0 ? tools : { ...tools, rounds: 0 };
}

/** Whether the model must answer now, without tools. */
export function isOutOfRounds({ rounds }: Tools): boolean {
  return rounds >= ROUNDS_MAX;
}
