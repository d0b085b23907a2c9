// Makes writes of what happens on a call. What must not be stored is taken out here, before anything is queued.

import type { Effect } from "../../call/effects.ts";
import type { CallEvent } from "../../call/events.ts";
import type { CallObserver, CallWatch, ObservedCall } from "../../call/ports.ts";
import type { CallRecord, TurnRecord } from "../../call/record.ts";
import { type Redaction, redact } from "../../protocol/redaction.ts";
import type { Write } from "./writes.ts";

/** Notes of one call: a call that fails again and again must not fill the store. */
export const MAX_NOTES = 500;
/** Of what a tool is given and returns. */
export const MAX_TOOL_CHARS = 16_384;

export interface WatchCallsOptions {
  readonly write: (write: Write) => void;
  readonly redact: readonly Redaction[];
}

/** Stores every call that it observes. */
export function watchCalls(options: WatchCallsOptions): CallObserver {
  return (call) => new StoredCall(call, options);
}

class StoredCall implements CallWatch {
  readonly awaitsAudio = false;
  readonly #callSid: string;
  readonly #model: string | undefined;
  readonly #options: WatchCallsOptions;
  /** As last written, by their number in the call. */
  readonly #turns = new Map<number, TurnRecord>();
  #firstTurn = 0;
  #notes = 0;
  #responses = 0;

  constructor({ identity, atMs, agent, model }: ObservedCall, options: WatchCallsOptions) {
    const { callSid, accountSid, from, to, direction } = identity;
    this.#callSid = callSid;
    this.#model = model.model;
    this.#options = options;
    options.write({ type: "call.began", callSid, accountSid, from, to, direction, agent, model: model.model, atMs });
  }

  event(event: CallEvent): void {
    const { atMs } = event;
    if (event.type === "caller.started") this.#write({ type: "call.started", callSid: this.#callSid, atMs });
    else if (event.type === "caller.keyPressed") this.#note(atMs, "key.pressed", { digit: this.#clean(event.digit) });
    else if (event.type === "model.lost") this.#noteLoss(event);
    else if (event.type === "tool.returned") this.#writeResult(event);
    else if (event.type === "model.responseDone") this.#addUsage(event);
  }

  effect(effect: Effect, atMs: number): void {
    if (effect.type === "tool.run") this.#writeToolRun(effect, atMs);
    else if (effect.type === "caller.flush") this.#note(atMs, "agent.interrupted", {});
    else if (effect.type === "after.answer") this.#note(atMs, "after.answered", { next: effect.next.type });
    else if (effect.type === "log") this.#noteLog(effect, atMs);
    else if (effect.type === "record.save") this.#end(effect.record);
  }

  turned(turns: readonly TurnRecord[], first: number): void {
    for (const [offset, turn] of turns.entries()) this.#writeTurn(first + offset, turn);
    // Those that the call has forgotten change no more.
    for (; this.#firstTurn < first; this.#firstTurn += 1) this.#turns.delete(this.#firstTurn);
  }

  ended(): void {
    // The record, which comes before, has everything.
  }

  #write(write: Write): void {
    this.#options.write(write);
  }

  #writeTurn(index: number, turn: TurnRecord): void {
    if (isSameTurn(this.#turns.get(index), turn)) return;
    this.#turns.set(index, turn);
    const { callerText, modelText } = turn;
    const cleaned = { ...turn, callerText: this.#cleanText(callerText), modelText: this.#cleanText(modelText) };
    this.#write({ type: "call.turned", callSid: this.#callSid, index, turn: cleaned });
  }

  #writeToolRun({ callId, name, arguments: given }: Extract<Effect, { type: "tool.run" }>, atMs: number): void {
    this.#write({ type: "tool.ran", callSid: this.#callSid, callId, name, arguments: this.#cut(given), atMs });
  }

  #writeResult({ callId, output, atMs }: Extract<CallEvent, { type: "tool.returned" }>): void {
    this.#write({ type: "tool.returned", callSid: this.#callSid, callId, output: this.#cut(output), atMs });
  }

  #noteLoss({ atMs, code, reason, httpStatus, failure }: Extract<CallEvent, { type: "model.lost" }>): void {
    this.#note(atMs, "model.lost", { code, reason, httpStatus, failure });
  }

  #addUsage({ usage, atMs }: Extract<CallEvent, { type: "model.responseDone" }>): void {
    if (usage === undefined) return;
    const { inputTokens, outputTokens } = usage;
    const index = this.#responses++;
    this.#write({ type: "usage.added", callSid: this.#callSid, index, model: this.#model, inputTokens, outputTokens, atMs });
  }

  #noteLog({ level, event, fields }: Extract<Effect, { type: "log" }>, atMs: number): void {
    // call.ended has what the record has.
    if (level === "debug" || event === "call.ended") return;
    const { callSid: _callSid, ...rest } = fields;
    this.#note(atMs, event, rest);
  }

  #note(atMs: number, name: string, fields: Readonly<Record<string, string | number | boolean | undefined>>): void {
    if (this.#notes >= MAX_NOTES) return;
    const index = this.#notes++;
    this.#write({ type: "call.noted", callSid: this.#callSid, index, atMs, name, fields: JSON.stringify(fields) });
  }

  #end(record: CallRecord): void {
    this.turned(record.turns, Math.max(this.#firstTurn, this.#turnsSeen() - record.turns.length));
    this.#write({ type: "call.ended", callSid: this.#callSid, record: { ...record, turns: [] } });
  }

  #turnsSeen(): number {
    return this.#firstTurn + this.#turns.size;
  }

  #cleanText(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.#clean(text);
  }

  #clean(text: string): string {
    return redact(text, this.#options.redact);
  }

  #cut(text: string): string {
    return this.#clean(text.length > MAX_TOOL_CHARS ? `${text.slice(0, MAX_TOOL_CHARS)}…` : text).toWellFormed();
  }
}

function isSameTurn(one: TurnRecord | undefined, other: TurnRecord): boolean {
  if (one === other) return true;
  return (
    one !== undefined &&
    one.latencyMs === other.latencyMs &&
    one.interrupted === other.interrupted &&
    one.callerText === other.callerText &&
    one.modelText === other.modelText
  );
}
