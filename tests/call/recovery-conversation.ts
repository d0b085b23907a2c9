// A caller who asks questions and a model that breaks, in virtual time: connections are rejected, lost, silent or fall
// silent, and sessions expire. What the caller really hears is recorded to the millisecond. The thorough simulators are
// in src/simulators.

import { assert, assertEquals } from "@std/assert";
import { step } from "../../src/call/call.ts";
import type { Effect } from "../../src/call/effects.ts";
import type { CallEvent } from "../../src/call/events.ts";
import { earliestDeadline } from "../../src/call/machines/deadlines.ts";
import { type Call, newCall } from "../../src/call/state.ts";
import { scriptIdentity, scriptSettings } from "./call-script.ts";

/** How one dial goes. */
export interface Dial {
  readonly connectMs: number;
  readonly fails: boolean;
}

/** How one response goes: `pieces` of 200 ms, faster than real time; the fault happens before piece `at`. */
export interface Answer {
  readonly latencyMs: number;
  readonly pieces: number;
  readonly fault: "none" | "lost" | "stall" | "failed";
  readonly at: number;
}

/** What the caller hears, and for how long they waited in silence before it. */
export interface Heard {
  readonly what: "words" | "filler" | "end";
  readonly silentMs: number;
}

/** The times of `voice serve`, except that a session expires within seconds. */
export const recoverySettings = { ...scriptSettings, replyMs: 4_000, stallMs: 4_000, rollOverMs: 7_000 };

const PIECE = Buffer.alloc(1_600, 0x55).toString("base64");

/** A call between the two. The caller asks `questions` times, each time after hearing the last answer. */
export class RecoveryConversation {
  readonly heard: Heard[] = [];
  readonly #dials: Dial[];
  readonly #answers: Answer[];
  readonly #later: { readonly atMs: number; readonly act: () => void }[] = [];
  readonly #open = new Set<number>();
  readonly #ready = new Set<number>();
  #call: Call = newCall(scriptIdentity, recoverySettings, 0);
  #nowMs = 0;
  #sequence = 1;
  #responses = 0;
  #questions: number;
  #playEndMs = 0;
  #words: { readonly fromMs: number; readonly toMs: number }[] = [];
  #dueSinceMs: number | undefined = 0;
  #longestMs = 0;
  #rolledOver = 0;

  constructor(dials: readonly Dial[], answers: readonly Answer[], lossesMs: readonly number[], questions: number) {
    for (const atMs of lossesMs) this.#at(atMs, () => this.#lose(this.#call.model.epoch));
    this.#dials = [...dials];
    this.#answers = [...answers];
    this.#questions = questions;
  }

  /** How often a session was replaced by roll-over. */
  get rolledOver(): number {
    return this.#rolledOver;
  }

  /** Runs from the stream's start until the caller hangs up or the call ends otherwise. */
  run(): Call {
    const format = { encoding: "audio/x-mulaw", sampleRateHz: 8_000, channels: 1 };
    this.#take({ type: "caller.started", atMs: 0, epoch: "MZ1", format });
    for (let turns = 0; turns < 3_000 && this.#call.phase !== "ended"; turns++) {
      const dueMs = earliestDeadline(this.#call.deadlines) ?? Number.POSITIVE_INFINITY;
      const next = this.#later[0];
      if (next !== undefined && next.atMs <= dueMs) {
        this.#later.shift();
        this.#nowMs = next.atMs;
        next.act();
      } else {
        assert(dueMs < 600_000, "nothing more happens, and the call does not end");
        this.#nowMs = Math.max(this.#nowMs, dueMs);
        this.#take({ type: "clock.rang", atMs: this.#nowMs });
      }
    }
    assertEquals(this.#call.phase, "ended");
    assertEquals([...this.#open], []);
    return this.#call;
  }

  #at(afterMs: number, act: () => void): void {
    const atMs = this.#nowMs + afterMs;
    const index = this.#later.findIndex((other) => other.atMs > atMs);
    this.#later.splice(index < 0 ? this.#later.length : index, 0, { atMs, act });
  }

  #take(event: CallEvent): void {
    const { call, effects } = step(this.#call, event);
    this.#call = call;
    assert(call.playout.heardBytes <= this.#wordsHeardMs() * 8, "believed heard, and was not");
    for (const effect of effects) this.#perform(effect, event);
  }

  #perform(effect: Effect, by: CallEvent): void {
    switch (effect.type) {
      case "caller.play":
        assertEquals("epoch" in by ? by.epoch : by.type, this.#call.model.epoch, "audio from a connection that is not current");
        this.#hear("words", Buffer.from(effect.payload, "base64").length / 8);
        break;
      case "caller.playFiller":
        this.#hear("filler", 300);
        break;
      case "caller.mark":
        this.#returnMark(effect.name, this.#playEndMs);
        break;
      case "caller.flush":
        this.#flush();
        break;
      case "caller.close":
        this.#hear("end", 0);
        this.#at(10, () =>
          this.#take({ type: "caller.nextRequested", atMs: this.#nowMs, callStatus: "in-progress", dialCallStatus: undefined }),
        );
        break;
      case "log":
        if (effect.event === "model.rolledOver") this.#rolledOver++;
        break;
      case "record.save":
        assert(effect.record.longestWaitMs >= this.#longestMs, `${effect.record.longestWaitMs} ms recorded, ${this.#longestMs} ms waited`);
        break;
      default:
        this.#performModel(effect);
    }
  }

  #performModel(effect: Effect): void {
    switch (effect.type) {
      case "model.dial":
        this.#dial(effect.epoch);
        break;
      case "model.configure":
        this.#at(60, () => this.#becomeReady(effect.epoch));
        break;
      case "model.respond":
        this.#answer(this.#call.model.epoch);
        break;
      case "model.close":
        assert(this.#open.delete(effect.epoch), `closed: ${effect.epoch}`);
        this.#ready.delete(effect.epoch);
        break;
      default:
    }
  }

  #dial(epoch: number): void {
    this.#open.add(epoch);
    assert(this.#open.size <= 2);
    const { connectMs, fails } = this.#dials.shift() ?? { connectMs: 100, fails: false };
    this.#at(connectMs, () => (fails ? this.#lose(epoch) : this.#take({ type: "model.opened", atMs: this.#nowMs, epoch })));
  }

  #becomeReady(epoch: number): void {
    if (this.#open.has(epoch)) this.#ready.add(epoch);
    this.#take({ type: "model.ready", atMs: this.#nowMs, epoch, inputFormat: undefined, outputFormat: undefined });
  }

  #lose(epoch: number): void {
    this.#ready.delete(epoch);
    if (!this.#open.delete(epoch)) return;
    const how = { code: 1006, reason: "", httpStatus: undefined, failure: undefined };
    this.#take({ type: "model.lost", atMs: this.#nowMs, epoch, ...how });
  }

  /** A response of this connection; events already under way when it is closed still arrive. */
  #answer(epoch: number): void {
    const { latencyMs, pieces, fault, at } = this.#answers.shift() ?? { latencyMs: 300, pieces: 3, fault: "none", at: 0 };
    const place = { epoch, responseId: `r${++this.#responses}`, itemId: `a${this.#responses}` };
    const last = fault === "none" ? pieces : Math.min(at, pieces);
    this.#at(latencyMs, () => this.#take({ type: "model.responseStarted", atMs: this.#nowMs, ...place }));
    for (let piece = 0; piece < last; piece++) {
      const audio = { type: "model.audio", ...place, contentIndex: 0, payload: PIECE } as const;
      this.#at(latencyMs + piece * 50, () => this.#take({ ...audio, atMs: this.#nowMs }));
    }
    this.#at(latencyMs + last * 50, () => {
      if (fault === "lost") this.#lose(epoch);
      if (fault === "none" || fault === "failed") this.#endResponse(place, fault === "none" ? "completed" : "failed");
    });
  }

  #endResponse(
    place: { readonly epoch: number; readonly responseId: string; readonly itemId: string },
    status: "completed" | "failed",
  ): void {
    const end = { calls: [], hasCalls: false, reason: undefined, error: undefined, usage: undefined };
    this.#take({ type: "model.responseDone", atMs: this.#nowMs, ...place, status, ...end });
    if (!this.#open.has(place.epoch)) return;
    // The caller listens to the end, thinks, and asks.
    if (status === "completed") this.#at(Math.max(0, this.#playEndMs - this.#nowMs) + 900, () => this.#ask());
  }

  #ask(): void {
    const { epoch } = this.#call.model;
    if (this.#questions === 0) {
      this.#take({ type: "caller.stopped", atMs: this.#nowMs, epoch: "MZ1" });
      return;
    }
    const ask = { epoch, itemId: `u${this.#questions}` };
    if (this.#ready.has(epoch)) this.#take({ type: "model.speechStarted", atMs: this.#nowMs, ...ask });
    this.#at(400, () => this.#endQuestion(ask));
  }

  #endQuestion(ask: { readonly epoch: number; readonly itemId: string }): void {
    // Asked while the connection was lost: the caller asks again.
    if (!this.#ready.has(ask.epoch)) {
      this.#at(1_000, () => this.#ask());
      return;
    }
    this.#questions--;
    this.#dueSinceMs = this.#nowMs;
    this.#take({ type: "model.speechStopped", atMs: this.#nowMs, ...ask });
    this.#answer(ask.epoch);
  }

  #hear(what: Heard["what"], forMs: number): void {
    const silentFromMs = Math.max(this.#dueSinceMs ?? this.#nowMs, this.#playEndMs);
    this.heard.push({ what, silentMs: Math.max(0, this.#nowMs - silentFromMs) });
    if (this.#dueSinceMs !== undefined && what !== "filler") this.#longestMs = Math.max(this.#longestMs, this.#nowMs - this.#dueSinceMs);
    if (what !== "filler") this.#dueSinceMs = undefined;
    this.#playEndMs = Math.max(this.#playEndMs, this.#nowMs) + forMs;
    if (what === "words") this.#words.push({ fromMs: this.#playEndMs - forMs, toMs: this.#playEndMs });
  }

  #returnMark(name: string, atMs: number): void {
    const mark = { type: "caller.markReturned", epoch: "MZ1", name } as const;
    this.#at(Math.max(0, atMs - this.#nowMs), () => this.#take({ ...mark, atMs: this.#nowMs, sequence: ++this.#sequence }));
  }

  #flush(): void {
    const nowMs = this.#nowMs;
    this.#words = this.#words.filter(({ fromMs }) => fromMs < nowMs).map(({ fromMs, toMs }) => ({ fromMs, toMs: Math.min(toMs, nowMs) }));
    this.#playEndMs = Math.min(this.#playEndMs, nowMs);
  }

  #wordsHeardMs(): number {
    return this.#words.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(toMs, this.#nowMs) - fromMs), 0);
  }
}
