// A call of 65 minutes in virtual time, every frame of it, through the roll-over of the model's session, which lives 60
// minutes. The caller asks every 20 s and hears each answer to its end.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { step } from "../../src/call/call.ts";
import { endlessPatience } from "../../src/call/call-settings.ts";
import type { Effect } from "../../src/call/effects.ts";
import type { CallEvent } from "../../src/call/events.ts";
import { earliestDeadline } from "../../src/call/machines/deadlines.ts";
import { HISTORY_MAX } from "../../src/call/machines/history.ts";
import type { CallRecord } from "../../src/call/record.ts";
import { type Call, newCall } from "../../src/call/state.ts";
import { callTimes } from "../../src/server/calls/call-times.ts";
import { scriptIdentity } from "./call-script.ts";
import { KeptAudio, playKept } from "./kept-effects.ts";

const MINUTE_MS = 60_000;
const CALL_MS = 65 * MINUTE_MS;
/** https://developers.openai.com/api/docs/guides/realtime-conversations: "the maximum duration of a session is 60 minutes" */
const SESSION_MS = 60 * MINUTE_MS;
const FRAME_MS = 20;
/** The state has its greatest size by then. */
const HISTORY_FULL_MINUTES = 20;
/** Characters: the same fields, with more digits. */
const LONGER_NUMBERS = 400;
/** Loud frames would be speech that the model never reports, and end the connection. */
const QUIET = Buffer.alloc(160, 0xff).toString("base64");
const TURN_MS = 20_000;
const PIECES = 5;
const PIECE_MS = 400;

/** A caller and a model that answers every question. Everything that passes between them is counted. */
class LongCall {
  call: Call = newCall(
    scriptIdentity,
    {
      ...callTimes,
      greeting: "Greet.",
      canTransfer: false,
      canHangUp: false,
      canSendDigits: false,
      digits: [],
      keys: {},
      transfers: [],
      onFailure: undefined,
      patience: endlessPatience,
      budgetUsd: undefined,
      prices: [],
      models: 1,
      firstModel: 0,
      refused: [],
    },
    0,
  );
  /** Size of the state as JSON after each minute, without the turns: those are for the record, up to TURNS_MAX. */
  readonly sizes: number[] = [];
  readonly asked: string[] = [];
  readonly answered: string[] = [];
  readonly logged: string[] = [];
  /** Frames by the model's connection that received them. */
  readonly framesTo = new Map<number, number>();
  readonly #kept = new KeptAudio();
  readonly openedAtMs = new Map<number, number>();
  record: CallRecord | undefined;
  sent = 0;
  played = 0;
  seeded = 0;
  #nowMs = 0;
  #sequence = 1;
  #playEndMs = 0;
  #responses = 0;
  #later: { readonly atMs: number; readonly act: () => void }[] = [];

  run(): void {
    const format = { encoding: "audio/x-mulaw", sampleRateHz: 8_000, channels: 1 };
    this.#take({ type: "caller.started", atMs: 0, epoch: "MZ1", format });
    for (let atMs = FRAME_MS; atMs <= CALL_MS; atMs += FRAME_MS) {
      this.#pass(atMs);
      this.#frame(atMs);
      if (atMs % TURN_MS === TURN_MS / 2) this.#ask(`u${this.asked.length}`);
      if (atMs % MINUTE_MS === 0) this.sizes.push(JSON.stringify({ ...this.call, turns: [] }).length);
    }
    this.#take({ type: "caller.stopped", atMs: this.#nowMs, epoch: "MZ1" });
  }

  /** Everything that is due until then. */
  #pass(untilMs: number): void {
    for (;;) {
      const deadlineMs = earliestDeadline(this.call.deadlines) ?? Number.POSITIVE_INFINITY;
      const next = this.#later[0];
      if (Math.min(deadlineMs, next?.atMs ?? Number.POSITIVE_INFINITY) > untilMs) break;
      if (next !== undefined && next.atMs <= deadlineMs) {
        this.#later.shift();
        this.#nowMs = next.atMs;
        next.act();
      } else {
        this.#nowMs = Math.max(this.#nowMs, deadlineMs);
        this.#take({ type: "clock.rang", atMs: this.#nowMs });
      }
    }
    this.#nowMs = untilMs;
  }

  #frame(atMs: number): void {
    this.sent += 1;
    const place = { epoch: "MZ1", sequence: ++this.#sequence, timestampMs: atMs - FRAME_MS };
    this.#take({ type: "caller.audio", atMs, ...place, payload: QUIET });
  }

  #ask(itemId: string): void {
    const { epoch } = this.call.model;
    const text = `Question ${this.asked.length}?`;
    this.asked.push(text);
    this.#take({ type: "model.speechStarted", atMs: this.#nowMs, epoch, itemId });
    this.#at(600, () => this.#take({ type: "model.speechStopped", atMs: this.#nowMs, epoch, itemId }));
    this.#at(800, () => this.#take({ type: "model.speechTranscribed", atMs: this.#nowMs, epoch, itemId, text }));
    this.#at(900, () => this.#answer());
  }

  #answer(): void {
    const { epoch } = this.call.model;
    const responseId = `r${++this.#responses}`;
    const place = { epoch, responseId, itemId: `a${this.#responses}` };
    const text = `Answer ${this.#responses}.`;
    this.answered.push(text);
    this.#take({ type: "model.responseStarted", atMs: this.#nowMs, epoch, responseId });
    for (let piece = 0; piece < PIECES; piece += 1) {
      const payload = Buffer.alloc(PIECE_MS * 8, 0x55).toString("base64");
      this.#at(100 + piece * 50, () => this.#take({ type: "model.audio", atMs: this.#nowMs, ...place, contentIndex: 0, payload }));
    }
    this.#at(400, () => this.#take({ type: "model.responseTranscribed", atMs: this.#nowMs, ...place, text }));
    const end = { hasCalls: false, calls: [], reason: undefined, error: undefined, usage: undefined };
    this.#at(450, () => this.#take({ type: "model.responseDone", atMs: this.#nowMs, epoch, responseId, status: "completed", ...end }));
  }

  #at(afterMs: number, act: () => void): void {
    this.#later.push({ atMs: this.#nowMs + afterMs, act });
    this.#later.sort((one, other) => one.atMs - other.atMs);
  }

  #take(event: CallEvent): void {
    const { call, effects } = step(this.call, event);
    this.call = call;
    for (const effect of playKept(this.#kept, effects)) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "caller.play": {
        const ms = Buffer.from(effect.payload, "base64").length / 8;
        this.played += ms;
        this.#playEndMs = Math.max(this.#playEndMs, this.#nowMs) + ms;
        break;
      }
      case "caller.mark": {
        const { name } = effect;
        const returned = (): void =>
          this.#take({ type: "caller.markReturned", atMs: this.#nowMs, epoch: "MZ1", sequence: ++this.#sequence, name });
        this.#at(Math.max(0, this.#playEndMs - this.#nowMs), returned);
        break;
      }
      case "log":
        if (effect.level !== "debug") this.logged.push(effect.event);
        break;
      case "record.save":
        this.record = effect.record;
        break;
      default:
        this.#performModel(effect);
    }
  }

  #performModel(effect: Effect): void {
    switch (effect.type) {
      case "model.dial": {
        const { epoch } = effect;
        this.openedAtMs.set(epoch, this.#nowMs);
        this.#at(100, () => this.#take({ type: "model.opened", atMs: this.#nowMs, epoch }));
        break;
      }
      case "model.configure": {
        const ready = { type: "model.ready", epoch: effect.epoch, inputFormat: undefined, outputFormat: undefined } as const;
        this.#at(60, () => this.#take({ ...ready, atMs: this.#nowMs }));
        break;
      }
      case "model.appendAudio": {
        const { epoch } = this.call.model;
        assert(this.#nowMs - (this.openedAtMs.get(epoch) ?? 0) < SESSION_MS, "audio for a session that has expired");
        this.framesTo.set(epoch, (this.framesTo.get(epoch) ?? 0) + Buffer.from(effect.payload, "base64").length / 160);
        break;
      }
      case "model.addMessage":
        this.seeded += 1;
        break;
      case "model.respond":
        this.#at(200, () => this.#answer());
        break;
      default:
    }
  }
}

test("a call of 65 minutes: one roll-over, nothing lost, and a state that does not grow", () => {
  const long = new LongCall();
  long.run();
  assertEquals(long.call.phase, "ended");
  assertEquals(long.logged, ["call.started", "model.rolledOver", "call.ended"]);

  assertEquals([...long.framesTo.keys()], [1, 2]);
  assertEquals(
    [...long.framesTo.values()].reduce((sum, frames) => sum + frames, 0),
    long.sent,
  );
  assertEquals(long.answered.length, long.asked.length + 1); // and the greeting
  assertEquals(long.played, long.answered.length * PIECES * PIECE_MS);
  assertEquals(long.seeded, HISTORY_MAX);
  const turns = long.record?.turns ?? [];
  assertEquals(turns.length, long.answered.length);
  const said = JSON.stringify(turns);
  for (const text of [...long.asked, ...long.answered]) assert(said.includes(`"${text}"`), `${text} is not in the record`);

  const [full = 0, last = 0] = [long.sizes[HISTORY_FULL_MINUTES], long.sizes.at(-1)];
  assert(Math.abs(last - full) < LONGER_NUMBERS, `the state has grown: ${long.sizes.join(", ")} characters`);
});
