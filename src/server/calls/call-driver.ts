// The driver of one call: queues events, steps until the queue is empty, performs the effects in order, arms one timer. No rules here (call/).

import { step } from "../../call/call.ts";
import type { CallSettings } from "../../call/call-settings.ts";
import type { Effect, Next } from "../../call/effects.ts";
import type { EndReason } from "../../call/end-reason.ts";
import type { CallEvent, CallIdentity } from "../../call/events.ts";
import { dueDeadlines, earliestDeadline } from "../../call/machines/deadlines.ts";
import type { CallerPort, Clock, Log, ModelDialler, RecordStore } from "../../call/ports.ts";
import { type Call, newCall } from "../../call/state.ts";
import type { Bad } from "../../protocol/bad.ts";
import { type FromTwilio, formatToTwilio } from "../../protocol/media-streams/media-streams.ts";
import type { SessionSettings } from "../../protocol/realtime/realtime.ts";
import { type CallerCodec, callerCodec } from "./caller-codec.ts";
import { ModelLinks } from "./model-links.ts";
import { callerEvent, toTwilio } from "./translate.ts";

/** What a driver needs of the world. */
export interface DriverDeps {
  readonly settings: CallSettings;
  readonly clock: Clock;
  readonly dialler: ModelDialler;
  readonly store: RecordStore;
  readonly log: Log;
  /** What the model is told to be, sent with `model.configure`. */
  readonly session: SessionSettings;
  /** The sound that says that somebody is there, base64 PCMU; undefined: none. */
  readonly filler: string | undefined;
  /** Tells somebody that a caller heard what the ladder had left. Must not wait. */
  alert(cause: EndReason["cause"], detail: string, callSid: string): void;
  /** Called once, when the call has ended. */
  ended(callSid: string, end: EndReason): void;
}

/** What server/stream/open-stream.ts passes on of an attached socket. */
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
  #caller: { readonly port: CallerPort; readonly streamSid: string; readonly codec: CallerCodec | undefined; closing: boolean } | undefined;
  readonly #models: ModelLinks;
  #timer: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #answer: Next | undefined;

  /** A call that the webhook has just been told of. */
  constructor(identity: CallIdentity, deps: DriverDeps) {
    this.identity = identity;
    this.#deps = deps;
    this.#call = newCall(identity, deps.settings, deps.clock.nowMs());
    this.#models = new ModelLinks(deps, (event) => this.#take(event));
  }

  /** Undefined while the call goes on. */
  get end(): EndReason | undefined {
    return this.#end;
  }

  /** Whether a stream is attached now. */
  get live(): boolean {
    return this.#caller !== undefined;
  }

  /** The webhook was answered with a stream. `prewarm`: the model may be dialled before it comes. */
  offered(prewarm: boolean): void {
    this.#take({ type: "caller.streamRequested", atMs: this.#nowMs(), prewarm });
  }

  /** A socket whose `start` has passed the door. One that it replaces is closed. */
  attach(port: CallerPort, start: Extract<FromTwilio, { type: "start" }>): CallerInput {
    const { streamSid } = start;
    const replaced = this.#caller;
    const codec = callerCodec(start.mediaFormat);
    this.#caller = { port, streamSid, codec, closing: false };
    // What a replaced socket still tells is nobody's: not even its StreamSid need differ.
    const take = (message: FromTwilio | Bad): void => {
      const event = this.#caller?.port === port ? callerEvent(message, streamSid, this.#nowMs(), codec) : undefined;
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
        this.#take({ type: "caller.disconnected", atMs: this.#nowMs(), epoch: streamSid, code, reason });
      },
    };
  }

  /** /twilio/after asks what comes next; `dialCallStatus` is there when a transfer is over. */
  asked(callStatus: string, dialCallStatus: string | undefined): Next {
    this.#answer = undefined;
    this.#take({ type: "caller.nextRequested", atMs: this.#nowMs(), callStatus, dialCallStatus });
    return this.#answer ?? APOLOGY;
  }

  /** /twilio/status told of the call's status. */
  reported(callStatus: string): void {
    this.#take({ type: "caller.statusReported", atMs: this.#nowMs(), callStatus });
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
    this.#guard("server.threw", () => this.#models.closeAll());
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
        this.#models.dial(effect.epoch, this.identity.callSid, this.identity.from);
        break;
      case "model.close":
        this.#models.close(effect.epoch);
        break;
      case "caller.playFiller":
        if (this.#deps.filler !== undefined) this.#sendCaller({ type: "caller.play", payload: this.#deps.filler });
        break;
      case "alert":
        this.#deps.alert(effect.cause, effect.detail, this.identity.callSid);
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
        this.#models.send(effect, this.#call.model.epoch);
    }
  }

  #sendCaller(effect: Effect): void {
    const caller = this.#caller;
    const message = caller === undefined ? undefined : toTwilio(effect, caller.streamSid, caller.codec);
    if (message !== undefined) caller?.port.send(formatToTwilio(message));
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
