// Two small simulators in virtual time: Twilio's playback (8 bytes a millisecond, marks, clear), and a model that
// speaks faster than real time and is interrupted. The thorough simulators are in src/simulators.
// https://www.twilio.com/docs/voice/media-streams/websocket-messages#mark-message

import { step } from "../../src/call/call.ts";
import type { Effect } from "../../src/call/effects.ts";
import type { CallEvent } from "../../src/call/events.ts";
import { type Call, newCall } from "../../src/call/state.ts";
import { scriptIdentity, scriptSettings } from "./call-script.ts";

/** One reply of the model, and when the caller interrupts it, if at all. */
export interface Reply {
  /** The pieces of audio, and which of two items each belongs to. */
  readonly pieces: readonly { readonly ms: number; readonly secondItem: boolean }[];
  readonly pieceEveryMs: number;
  /** From the reply's first audio; undefined when it is heard to the end. */
  readonly interruptMs: number | undefined;
  /** By a key rather than by speech. */
  readonly byKey: boolean;
}

/** A truncation as ordered, and what the caller had really heard of that item when the flush reached Twilio. */
export interface Truncated {
  readonly itemId: string;
  readonly believedMs: number;
  readonly heardMs: number;
}

type Queued = { readonly itemId: string; bytes: number } | { readonly mark: string };

/** A call between the two. `lagMs` is the latency to Twilio, and again back. */
export class Conversation {
  readonly truncated: Truncated[] = [];
  readonly #lagMs: number;
  readonly #later: { readonly atMs: number; readonly act: () => void }[] = [];
  readonly #played = new Map<string, number>();
  readonly #sent = new Map<string, number>();
  #queue: Queued[] = [];
  #nowMs = 0;
  #playedToMs = 0;
  #sequence = 1;
  #replies = 0;
  #cancelled = false;
  #call: Call = newCall(scriptIdentity, scriptSettings, 0);
  #speaking = "";

  constructor(lagMs: number) {
    this.#lagMs = lagMs;
    const format = { encoding: "audio/x-mulaw", sampleRateHz: 8_000, channels: 1 };
    this.#take({ type: "caller.started", atMs: 0, epoch: "MZ1", format });
    this.#take({ type: "model.opened", atMs: 0, epoch: 1 });
    this.#take({ type: "model.ready", atMs: 0, epoch: 1, inputFormat: undefined, outputFormat: undefined });
  }

  get call(): Call {
    return this.#call;
  }

  /** Audio of all items that the caller has really heard. */
  get heardMs(): number {
    return [...this.#played.values()].reduce((sum, bytes) => sum + bytes, 0) / 8;
  }

  /** Plays one reply to its end or its interruption, then a second of silence. */
  reply(reply: Reply): void {
    const responseId = `r${++this.#replies}`;
    const startMs = this.#nowMs + 50;
    this.#cancelled = false;
    let over = false;
    this.#at(startMs, () => this.#take({ type: "model.responseStarted", atMs: this.#nowMs, epoch: 1, responseId }));
    const done = (status: "completed" | "cancelled"): void => {
      if (over) return;
      over = true;
      this.#take({
        type: "model.responseDone",
        atMs: this.#nowMs,
        epoch: 1,
        responseId,
        status,
        hasCalls: false,
        calls: [],
        reason: undefined,
        error: undefined,
        usage: undefined,
      });
    };
    reply.pieces.forEach(({ ms, secondItem }, index) => {
      this.#at(startMs + index * reply.pieceEveryMs, () => {
        if (!over && !this.#cancelled) this.#speak(responseId, secondItem ? `${responseId}b` : `${responseId}a`, ms);
        else done("cancelled");
      });
    });
    const generatedMs = startMs + reply.pieces.length * reply.pieceEveryMs;
    this.#at(generatedMs, () => done(this.#cancelled ? "cancelled" : "completed"));
    if (reply.interruptMs !== undefined) {
      this.#at(startMs + reply.interruptMs, () => {
        this.#interrupt(reply.byKey);
        if (!reply.byKey) done("cancelled");
      });
    }
    const audioMs = reply.pieces.reduce((sum, { ms }) => sum + ms, 0);
    this.#run(Math.max(generatedMs, startMs + (reply.interruptMs ?? audioMs)) + audioMs + 1_000);
  }

  #interrupt(byKey: boolean): void {
    const atMs = this.#nowMs;
    if (byKey) this.#take({ type: "caller.keyPressed", atMs, epoch: "MZ1", sequence: ++this.#sequence, digit: "1" });
    else this.#take({ type: "model.speechStarted", atMs, epoch: 1, itemId: `u${this.#replies}` });
    if (!byKey)
      this.#at(atMs + 400, () => this.#take({ type: "model.speechStopped", atMs: this.#nowMs, epoch: 1, itemId: `u${this.#replies}` }));
  }

  #speak(responseId: string, itemId: string, ms: number): void {
    const payload = Buffer.alloc(ms * 8, 0x55).toString("base64");
    this.#speaking = itemId;
    this.#take({ type: "model.audio", atMs: this.#nowMs, epoch: 1, responseId, itemId, contentIndex: 0, payload });
  }

  #take(event: CallEvent): void {
    const { call, effects } = step(this.#call, event);
    this.#call = call;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "caller.play": {
        const itemId = this.#speaking;
        const bytes = Buffer.from(effect.payload, "base64").length;
        this.#sent.set(itemId, (this.#sent.get(itemId) ?? 0) + bytes);
        this.#toTwilio(() => this.#queue.push({ itemId, bytes }));
        break;
      }
      case "caller.mark":
        this.#toTwilio(() => this.#queue.push({ mark: effect.name }));
        break;
      case "caller.flush":
        this.#toTwilio(() => this.#clear());
        break;
      case "model.cancel":
        this.#at(this.#nowMs + 30, () => {
          this.#cancelled = true;
        });
        break;
      case "model.truncate": {
        const { itemId, audioEndMs: believedMs } = effect;
        // At the moment when the flush, sent just before it, arrives.
        this.#toTwilio(() => this.truncated.push({ itemId, believedMs, heardMs: (this.#played.get(itemId) ?? 0) / 8 }));
        break;
      }
      default:
    }
  }

  #toTwilio(act: () => void): void {
    this.#at(this.#nowMs + this.#lagMs, act);
  }

  /** Returns all outstanding marks at once, and drops what was not played. */
  #clear(): void {
    const marks = this.#queue.flatMap((queued) => ("mark" in queued ? [queued.mark] : []));
    this.#queue = [];
    for (const mark of marks) this.#returnMark(mark);
  }

  #returnMark(name: string): void {
    this.#at(this.#nowMs + this.#lagMs, () =>
      this.#take({ type: "caller.markReturned", atMs: this.#nowMs, epoch: "MZ1", sequence: ++this.#sequence, name }),
    );
  }

  #at(atMs: number, act: () => void): void {
    const index = this.#later.findIndex((other) => other.atMs > atMs);
    if (index < 0) this.#later.push({ atMs, act });
    else this.#later.splice(index, 0, { atMs, act });
  }

  /** Plays queued audio up to now, and returns each mark whose audio has been played. */
  #play(): void {
    let bytes = (this.#nowMs - this.#playedToMs) * 8;
    this.#playedToMs = this.#nowMs;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if ("mark" in next) this.#returnMark(next.mark);
      else {
        const taken = Math.min(bytes, next.bytes);
        bytes -= taken;
        next.bytes -= taken;
        this.#played.set(next.itemId, (this.#played.get(next.itemId) ?? 0) + taken);
        if (next.bytes > 0) return;
      }
      this.#queue.shift();
    }
  }

  #run(untilMs: number): void {
    for (; this.#nowMs <= untilMs; this.#nowMs++) {
      this.#play();
      while ((this.#later[0]?.atMs ?? Number.POSITIVE_INFINITY) <= this.#nowMs) this.#later.shift()?.act();
    }
  }

  /** Audio sent of an item. */
  sentMs(itemId: string): number {
    return (this.#sent.get(itemId) ?? 0) / 8;
  }
}
