// The running calls as the console shows them, and a feed of what changes. It watches calls and changes none.

import type { Effect } from "../../call/effects.ts";
import type { EndReason } from "../../call/end-reason.ts";
import type { CallEvent } from "../../call/events.ts";
import type { CallObserver, CallWatch, ObservedCall } from "../../call/ports.ts";
import type { TurnRecord } from "../../call/record.ts";

/** Turns of a running call that are shown. */
const SHOWN_TURNS = 50;

export interface LiveCall {
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  readonly agent: string;
  readonly model: string | undefined;
  readonly createdMs: number;
  readonly state: "ringing" | "talking" | "ended";
  readonly callerSpeaks: boolean;
  readonly agentSpeaks: boolean;
  /** Tools that run now. */
  readonly tools: readonly string[];
  readonly turns: readonly TurnRecord[];
  readonly end: EndReason | undefined;
}

/** Receives a call whenever it has changed, and once more when it has ended. */
export type LiveListener = (call: LiveCall) => void;

/** A class because calls come and go. Bounded by the calls that the server takes. */
export class LiveCalls {
  readonly #calls = new Map<string, LiveCall>();
  readonly #listeners = new Set<LiveListener>();

  readonly observe: CallObserver = (call) => new LiveWatch(call, (changed) => this.#change(changed));

  /** Oldest first. */
  get all(): readonly LiveCall[] {
    return [...this.#calls.values()];
  }

  /** Returns a function that ends it. */
  listen(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #change(call: LiveCall): void {
    if (call.state === "ended") this.#calls.delete(call.callSid);
    else this.#calls.set(call.callSid, call);
    for (const listener of this.#listeners) listener(call);
  }
}

class LiveWatch implements CallWatch {
  readonly #changed: (call: LiveCall) => void;
  #call: LiveCall;
  readonly #tools = new Map<string, string>();

  constructor({ identity, atMs, agent, model }: ObservedCall, changed: (call: LiveCall) => void) {
    const { callSid, from, to } = identity;
    this.#changed = changed;
    this.#call = {
      callSid,
      from,
      to,
      agent,
      model: model.model,
      createdMs: atMs,
      state: "ringing",
      callerSpeaks: false,
      agentSpeaks: false,
      tools: [],
      turns: [],
      end: undefined,
    };
    changed(this.#call);
  }

  /** The first audio of a response shows that the agent speaks. */
  get awaitsAudio(): boolean {
    return !this.#call.agentSpeaks;
  }

  event(event: CallEvent): void {
    if (event.type === "caller.started") this.#change({ state: "talking" });
    else if (event.type === "model.speechStarted") this.#change({ callerSpeaks: true });
    else if (event.type === "model.speechStopped") this.#change({ callerSpeaks: false });
    else if (event.type === "model.audio") this.#change({ agentSpeaks: true });
    else if (event.type === "model.responseDone" || event.type === "model.lost") this.#change({ agentSpeaks: false });
    else if (event.type === "tool.returned" && this.#tools.delete(event.callId)) this.#change({ tools: [...this.#tools.values()] });
  }

  effect(effect: Effect): void {
    if (effect.type === "caller.flush") this.#change({ agentSpeaks: false });
    if (effect.type !== "tool.run") return;
    this.#tools.set(effect.callId, effect.name);
    this.#change({ tools: [...this.#tools.values()] });
  }

  turned(turns: readonly TurnRecord[]): void {
    this.#change({ turns: turns.slice(-SHOWN_TURNS) });
  }

  ended(end: EndReason): void {
    this.#change({ state: "ended", callerSpeaks: false, agentSpeaks: false, tools: [], end });
  }

  #change(fields: Partial<LiveCall>): void {
    this.#call = { ...this.#call, ...fields };
    this.#changed(this.#call);
  }
}
