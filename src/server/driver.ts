// The driver of one call: queues events, steps until the queue is empty, performs the effects in order, arms one timer. No rules here (call/).

import { createHash } from "node:crypto";
import { step } from "../call/call.ts";
import type { CallSettings } from "../call/call-settings.ts";
import { dueDeadlines, earliestDeadline } from "../call/deadlines.ts";
import type { Effect, Next } from "../call/effects.ts";
import type { EndReason } from "../call/end-reason.ts";
import type { CallEvent, CallIdentity } from "../call/events.ts";
import type { CallerPort, Clock, Log, ModelDialler, ModelPort, RecordStore } from "../call/ports.ts";
import { type Call, newCall } from "../call/state.ts";
import type { Bad } from "../protocol/bad.ts";
import { type FromTwilio, formatToTwilio } from "../protocol/media-streams.ts";
import { parseFromModel, type SessionSettings } from "../protocol/realtime.ts";
import { formatToModel } from "../protocol/realtime-format.ts";
import { callerEvent, modelEvent, toModel, toTwilio } from "./translate.ts";

/** What a driver needs of the world. */
export interface DriverDeps {
  readonly settings: CallSettings;
  readonly clock: Clock;
  readonly dialler: ModelDialler;
  readonly store: RecordStore;
  readonly log: Log;
  /** What the model is told to be, sent with `model.configure`. */
  readonly session: SessionSettings;
  /** Called once, when the call has ended. */
  ended(callSid: string, end: EndReason): void;
}

/** What server/media.ts passes on of an attached socket. */
export interface CallerInput {
  message(message: FromTwilio | Bad): void;
  binary(bytes: number): void;
  closed(code: number, reason: string): void;
}

/** What Twilio is told when we have thrown where the answer should have been. */
const APOLOGY: Next = { type: "say", sentence: "apology" };

/** One call, running. A class because it holds sockets and a timer; everything that is decided is in `step`. */
export class CallDriver {
  readonly identity: CallIdentity;
  readonly #deps: DriverDeps;
  #call: Call;
  readonly #queue: CallEvent[] = [];
  #stepping = false;
  #threw = false;
  #end: EndReason | undefined;
  #caller: { readonly port: CallerPort; readonly streamSid: string; closing: boolean } | undefined;
  #model: ModelPort | undefined;
  #timer: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #answer: Next | undefined;

  /** A call that the webhook has just been told of. */
  constructor(identity: CallIdentity, deps: DriverDeps) {
    this.identity = identity;
    this.#deps = deps;
    this.#call = newCall(identity, deps.settings, deps.clock.nowMs());
  }

  /** Undefined while the call goes on. */
  get end(): EndReason | undefined {
    return this.#end;
  }

  /** Whether a stream is attached now. */
  get live(): boolean {
    return this.#caller !== undefined;
  }

  /** The webhook was answered with a stream. */
  offered(): void {
    this.#take({ type: "caller.offered", atMs: this.#nowMs() });
  }

  /** A socket whose `start` has passed the door. One that it replaces is closed. */
  attach(port: CallerPort, start: Extract<FromTwilio, { type: "start" }>): CallerInput {
    const { streamSid } = start;
    const replaced = this.#caller;
    this.#caller = { port, streamSid, closing: false };
    // What a replaced socket still tells is nobody's: not even its StreamSid need differ.
    const take = (message: FromTwilio | Bad): void => {
      const event = this.#caller?.port === port ? callerEvent(message, streamSid, this.#nowMs()) : undefined;
      if (event !== undefined) this.#take(event);
    };
    this.#guard("caller.started", () => replaced?.port.close());
    take(start);
    if (this.#end !== undefined) this.#closeCaller();
    return {
      message: take,
      binary: (bytes) => take({ bad: `expected text frames, got a binary one of ${bytes} bytes` }),
      closed: (code, reason) => {
        if (this.#caller?.port !== port) return;
        this.#caller = undefined;
        this.#take({ type: "caller.left", atMs: this.#nowMs(), epoch: streamSid, code, reason });
      },
    };
  }

  /** /twilio/after asks what comes next. */
  asked(callStatus: string): Next {
    this.#answer = undefined;
    this.#take({ type: "caller.asked", atMs: this.#nowMs(), callStatus });
    return this.#answer ?? APOLOGY;
  }

  /** /twilio/status told of the call's status. */
  reported(callStatus: string): void {
    this.#take({ type: "caller.reported", atMs: this.#nowMs(), callStatus });
  }

  /** The drain time is over: end now, with words. */
  drain(): void {
    this.#take({ type: "operator.drained", atMs: this.#nowMs() });
  }

  #nowMs(): number {
    return this.#deps.clock.nowMs();
  }

  /** Queues an event. What an effect brings about while it is performed waits for its turn. */
  #take(event: CallEvent): void {
    this.#queue.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#stepOnce(next);
    } finally {
      this.#stepping = false;
    }
    this.#arm();
  }

  #stepOnce(event: CallEvent): void {
    // Abandoned: the rules have thrown on the way out, and are not asked again.
    if (this.#end !== undefined && this.#call.phase !== "ended") return;
    const next = this.#guard(event.type, () => step(this.#call, event));
    if (next === undefined) this.#abandon();
    else this.#call = next.call;
    // One that throws does not take the others with it: after the record there is still the end to be told.
    for (const effect of next?.effects ?? []) this.#guard(event.type, () => this.#perform(effect));
    // The rules may not know of the socket over which they threw; open, it would keep Twilio from asking what comes next.
    if (event.type === "server.threw") this.#closeCaller();
  }

  /** Does it; undefined when we threw: then this call ends with a spoken apology, and no other call notices. */
  #guard<T>(during: string, act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.#mourn(during, error);
      return undefined;
    }
  }

  #mourn(during: string, error: unknown): void {
    if (!this.#threw) this.#queue.push({ type: "server.threw", atMs: this.#nowMs() });
    this.#threw = true;
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    try {
      this.#deps.log("error", "call.threw", { callSid: this.identity.callSid, during, stack });
    } catch {
      // A log that throws has nobody left to be told.
    }
  }

  /** The rules themselves threw, and then threw on the way out: the call ends without them. */
  #abandon(): void {
    if (this.#queue.some(({ type }) => type === "server.threw") || this.#end !== undefined) return;
    this.#guard("server.threw", () => this.#model?.close());
    this.#guard("server.threw", () => this.#finish({ by: "server", cause: "bug" }));
  }

  #closeCaller(): void {
    const caller = this.#caller;
    if (caller === undefined || caller.closing) return;
    caller.closing = true;
    this.#guard("caller.close", () => caller.port.close());
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "caller.play":
      case "caller.mark":
      case "caller.flush":
        this.#sendCaller(effect);
        break;
      case "caller.close":
        this.#closeCaller();
        break;
      case "after.answer":
        this.#answer = effect.next;
        break;
      case "model.dial":
        this.#dial(effect.epoch);
        break;
      case "model.close":
        this.#model?.close();
        this.#model = undefined;
        break;
      case "record.save":
        this.#deps.store.save(effect.record);
        break;
      case "log":
        this.#deps.log(effect.level, effect.event, effect.fields);
        break;
      case "call.ended":
        this.#finish(effect.end);
        break;
      default:
        this.#sendModel(effect);
    }
  }

  #sendCaller(effect: Effect): void {
    const caller = this.#caller;
    const message = caller === undefined ? undefined : toTwilio(effect, caller.streamSid);
    if (message !== undefined) caller?.port.send(formatToTwilio(message));
  }

  #sendModel(effect: Effect): void {
    const message = toModel(effect, this.#deps.session);
    if (message !== undefined) this.#model?.send(formatToModel(message));
  }

  #dial(epoch: number): void {
    const { callSid } = this.identity;
    this.#model = this.#deps.dialler.dial(callSid, safetyIdentifier(this.identity.from), {
      opened: () => this.#take({ type: "model.opened", atMs: this.#nowMs(), epoch }),
      text: (text) => {
        const event = modelEvent(parseFromModel(text), epoch, this.#nowMs());
        if (event !== undefined) this.#take(event);
      },
      closed: (end) => this.#take({ type: "model.lost", atMs: this.#nowMs(), epoch, ...end }),
    });
  }

  /** Arms the timer for the earliest deadline, again only when that has become earlier: most deadlines are moved later, frame by frame. */
  #arm(): void {
    const atMs = this.#end !== undefined ? undefined : earliestDeadline(this.#call.deadlines);
    if (atMs === undefined || (this.#timer !== undefined && this.#timer.atMs <= atMs)) return;
    this.#timer?.cancel();
    const cancel = this.#deps.clock.after(Math.max(0, atMs - this.#nowMs()), () => this.#ring());
    this.#timer = { atMs, cancel };
  }

  #ring(): void {
    this.#timer = undefined;
    const atMs = this.#nowMs();
    if (dueDeadlines(this.#call.deadlines, atMs).length > 0) this.#take({ type: "clock.rang", atMs });
    else this.#arm();
  }

  #finish(end: EndReason): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#closeCaller();
    this.#deps.ended(this.identity.callSid, end);
  }
}

/** A stable hash of the caller's number, never the number: https://developers.openai.com/api/docs/guides/realtime-websocket */
function safetyIdentifier(from: string): string {
  return createHash("sha256").update(`voice caller ${from}`).digest("hex").slice(0, 32);
}
