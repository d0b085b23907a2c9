// The driver of one call: it queues events, steps until the queue is empty, performs the effects in order, and arms one
// timer for the earliest deadline. It decides nothing: the rules are in call/.

import { step } from "../../call/call.ts";
import type { CallSettings } from "../../call/call-settings.ts";
import type { Effect, Next, ScreenAnswer } from "../../call/effects.ts";
import type { EndReason } from "../../call/end-reason.ts";
import type { CallEvent, CallIdentity } from "../../call/events.ts";
import { hidesKeys } from "../../call/machines/collecting.ts";
import { type Deadlines, dueDeadlines, earliestDeadline } from "../../call/machines/deadlines.ts";
import type { CallerPort, CallWatch, Clock, FrameCounts, Log, RecordStore, ToolPort } from "../../call/ports.ts";
import { type Call, newCall, type Step } from "../../call/state.ts";
import type { FromTwilio } from "../../protocol/media-streams/media-streams.ts";
import { type CallerInput, CallerLink, type EventSink } from "./caller-link.ts";
import { KeptAudio } from "./kept-audio.ts";
import { type CallModel, ModelLinks } from "./model-links.ts";
import { type CallerMessageEffect, isAudio, sendsSeveral } from "./translate.ts";
import { unreachable } from "./unreachable.ts";

export interface DriverDeps {
  readonly settings: CallSettings;
  readonly clock: Clock;
  readonly models: readonly CallModel[];
  readonly store: RecordStore;
  readonly log: Log;
  readonly tools: ToolPort;
  /** Adds to what the agent has spent today, US dollars. Whether it may spend no more. */
  spend(usd: number): boolean;
  /** The sound played while the caller waits, base64 PCMU; undefined: none. */
  readonly filler: string | undefined;
  /** Notifies the operator that the call was not recovered. Must return at once. */
  alert(cause: EndReason["cause"], detail: string, callSid: string): void;
  /** Sees what happens on this call. It must not throw (safe-watch.ts). Undefined: no one watches. */
  readonly watch?: CallWatch | undefined;
  /** Called once, when the call has ended. */
  ended(callSid: string, end: EndReason): void;
}

/** What a watch sees in place of a key that is part of a secret. */
const MASKED = "masked";

/** The answer to Twilio when we threw before there was one. */
const APOLOGY: Next = { type: "say", sentence: "apology" };

/** A class because it holds sockets and a timer. Every decision is made in `step`. */
export class CallDriver implements EventSink {
  readonly identity: CallIdentity;
  readonly #deps: DriverDeps;
  #call: Call;
  readonly #queue: CallEvent[] = [];
  #stepping = false;
  #threw = false;
  #end: EndReason | undefined;
  #caller: CallerLink | undefined;
  readonly #models: ModelLinks;
  readonly #kept = new KeptAudio();
  /** Aborted when the call has ended, so that tools that still run stop. Made for the first tool. */
  #toolsEnd: AbortController | undefined;
  #timer: { readonly atMs: number; readonly cancel: () => void } | undefined;
  /** The deadlines for which the timer was last armed. */
  #armedFor: Deadlines | undefined;
  #answer: Next | undefined;
  #screen: ScreenAnswer | undefined;
  /** Whether the watch awaits audio: it may change its mind with each event that it sees. */
  #showsAudio = false;
  /** Messages with audio that the call's tally does not count. */
  readonly #audio = { callerSent: 0, modelReceived: 0, modelSent: 0 };

  constructor(identity: CallIdentity, deps: DriverDeps) {
    this.identity = identity;
    this.#deps = deps;
    this.#call = newCall(identity, deps.settings, deps.clock.nowMs());
    this.#models = new ModelLinks(deps, this);
  }

  /** Undefined until the call has ended. */
  get end(): EndReason | undefined {
    return this.#end;
  }

  /** Whether a stream is attached. */
  get hasStream(): boolean {
    return this.#caller?.isDetached === false;
  }

  /** Messages so far. */
  get frames(): FrameCounts {
    const { framesReceived: callerReceived, tally } = this.#call;
    return { callerReceived, callerBad: tally.badFrames, modelBad: tally.badEvents, ...this.#audio };
  }

  /** The webhook was answered with a stream. `prewarm`: whether the model may be dialled before the stream starts. */
  requestStream(prewarm: boolean): void {
    this.take({ type: "caller.streamRequested", atMs: this.#nowMs(), prewarm });
  }

  /** Takes over a socket whose `start` is authenticated. A socket that it replaces is closed. */
  attach(port: CallerPort, start: Extract<FromTwilio, { type: "start" }>): CallerInput {
    const replaced = this.#caller;
    const attached = new CallerLink(port, start, this.#deps.clock, this);
    this.#caller = attached;
    this.#guard("caller.started", () => replaced?.replace());
    attached.message(start);
    if (this.#end !== undefined) this.#closeCaller();
    return attached;
  }

  /** The answer to /twilio/after. `dialCallStatus` is present after a transfer. */
  decideNext(callStatus: string, dialCallStatus: string | undefined, dialBridged?: boolean): Next {
    this.#answer = undefined;
    this.take({ type: "caller.nextRequested", atMs: this.#nowMs(), callStatus, dialCallStatus, dialBridged });
    return this.#answer ?? APOLOGY;
  }

  /** The answer to /twilio/screen: `leg` is the call of a person who was dialled, `digits` what they have pressed. */
  decideScreen(leg: string, to: string, digits: string | undefined): ScreenAnswer {
    this.#screen = undefined;
    this.take({ type: "transfer.screenRequested", atMs: this.#nowMs(), leg, to, digits });
    return this.#screen ?? { type: "hangUp" };
  }

  /** The status callback. */
  reportStatus(callStatus: string): void {
    this.take({ type: "caller.statusReported", atMs: this.#nowMs(), callStatus });
  }

  /** An operator hangs up. */
  hangUp(): void {
    this.take({ type: "operator.hungUp", atMs: this.#nowMs() });
  }

  /** The drain time is over: ends the call with a sentence. */
  drain(): void {
    this.take({ type: "operator.drained", atMs: this.#nowMs() });
  }

  #nowMs(): number {
    return this.#deps.clock.nowMs();
  }

  /** Steps an event. Events that an effect causes while it is performed wait their turn. */
  take(event: CallEvent): void {
    if (this.#stepping) {
      this.#queue.push(event);
      return;
    }
    this.#stepping = true;
    try {
      this.#stepOnce(event);
      while (this.#queue.length > 0) this.#stepOnce(this.#queue.shift() as CallEvent);
    } finally {
      this.#stepping = false;
    }
    this.#armTimer();
  }

  #stepOnce(event: CallEvent): void {
    // The call ended without the rules (#endWithoutRules), so they do not run again.
    if (this.#end !== undefined && this.#call.phase !== "ended") return;
    this.#show(event);
    const next = this.#step(event);
    if (next === undefined) this.#endWithoutRules();
    else {
      const { turns } = this.#call;
      this.#call = next.call;
      // An ended call has no turns any more: the record has them.
      if (next.call.turns !== turns && next.call.phase !== "ended")
        this.#deps.watch?.turned?.(next.call.turns.turns, next.call.turns.forgotten);
      this.#performAll(next.effects, event.type);
    }
    // The rules may not know the socket on which they threw. While it is open, Twilio does not ask what comes next.
    if (event.type === "server.threw") this.#closeCaller();
  }

  /** Shows an event to the watch. Those with audio are too many, and only counted. */
  #show(event: CallEvent): void {
    if (event.type === "caller.audio") return;
    if (event.type === "model.audio") {
      this.#audio.modelReceived += 1;
      if (!this.#showsAudio) return;
    }
    const { watch } = this.#deps;
    const isHidden = event.type === "caller.keyPressed" && hidesKeys(this.#call.collecting, event.atMs);
    watch?.event(isHidden ? { ...event, digit: MASKED } : event);
    this.#showsAudio = watch?.awaitsAudio === true;
  }

  #step(event: CallEvent): Step | undefined {
    try {
      return step(this.#call, event);
    } catch (error) {
      this.#onThrow(event.type, error);
      return undefined;
    }
  }

  /** Performs effects in order. What several of them send to the caller goes out in one write. */
  #performAll(effects: readonly Effect[], during: string): void {
    const port = sendsSeveral(effects) ? this.#caller?.port : undefined;
    if (port === undefined) this.#performEach(effects, during);
    else port.batch(() => this.#performEach(effects, during));
  }

  /** Guarded one by one: when the record cannot be saved, the end must still be performed. */
  #performEach(effects: readonly Effect[], during: string): void {
    for (const effect of effects) {
      try {
        this.#perform(effect);
      } catch (error) {
        this.#onThrow(during, error);
      }
      if (!isAudio(effect)) this.#deps.watch?.effect(effect, this.#nowMs());
    }
  }

  /** Runs `act`; undefined when it throws. Then this call ends with an apology, and no other call is affected. */
  #guard<T>(during: string, act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.#onThrow(during, error);
      return undefined;
    }
  }

  #onThrow(during: string, error: unknown): void {
    if (!this.#threw) this.#queue.push({ type: "server.threw", atMs: this.#nowMs() });
    this.#threw = true;
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    try {
      this.#deps.log("error", "call.threw", { callSid: this.identity.callSid, during, stack });
    } catch {
      // The log itself threw: there is nowhere left to report it.
    }
  }

  /** The rules threw, and threw again on `server.threw`: the call ends without them. */
  #endWithoutRules(): void {
    if (this.#queue.some(({ type }) => type === "server.threw") || this.#end !== undefined) return;
    this.#guard("server.threw", () => this.#models.closeAll());
    this.#guard("server.threw", () => this.#finish({ by: "server", cause: "bug" }));
  }

  #closeCaller(): void {
    this.#guard("caller.close", () => this.#caller?.close());
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "caller.play":
      case "caller.mark":
      case "caller.flush":
        this.#sendCaller(effect);
        break;
      case "caller.playFiller":
        if (this.#deps.filler !== undefined) this.#sendCaller({ type: "caller.play", payload: this.#deps.filler });
        break;
      case "caller.close":
        this.#closeCaller();
        break;
      case "after.answer":
        this.#answer = effect.next;
        break;
      case "screen.answer":
        this.#screen = effect.screen;
        break;
      case "model.dial":
        this.#models.dial(effect.epoch, effect.chosen, this.identity.callSid, this.identity.from);
        break;
      case "model.appendAudio":
      case "audio.keep":
      case "model.appendKept":
      case "audio.forget":
        this.#performAudio(effect);
        break;
      case "model.configure":
      case "model.addMessage":
      case "model.addToolResult":
      case "model.respond":
      case "model.cancel":
      case "model.truncate":
        this.#models.send(effect, this.#call.model.epoch);
        break;
      case "tool.run":
        this.#runTool(effect);
        break;
      case "model.close":
        this.#models.close(effect.epoch);
        break;
      case "cost.add":
        if (this.#deps.spend(effect.usd)) this.take({ type: "budget.spent", atMs: this.#nowMs() });
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
        unreachable(effect);
    }
  }

  /** The caller's audio, on its way to the model. */
  #performAudio(effect: Extract<Effect, { type: "model.appendAudio" | "audio.keep" | "model.appendKept" | "audio.forget" }>): void {
    if (effect.type === "model.appendKept") this.#sendKept(effect.keepBytes);
    else if (effect.type === "audio.forget") this.#kept.forget();
    else this.#kept.keep(effect.payload, effect.keepBytes);
    if (effect.type === "model.appendAudio") this.#sendAudio(effect);
  }

  #sendAudio(effect: Extract<Effect, { type: "model.appendAudio" }>): void {
    this.#audio.modelSent += 1;
    this.#models.send(effect, this.#call.model.epoch);
  }

  /** Sends what is kept of the caller's audio, and keeps the newest `keepBytes` of it. */
  #sendKept(keepBytes: number): void {
    const payloads = this.#kept.payloads();
    for (const payload of payloads) this.#sendAudio({ type: "model.appendAudio", payload, keepBytes });
    this.#kept.trim(keepBytes);
    if (payloads.length === 0) return;
    const fields = { callSid: this.identity.callSid, epoch: this.#call.model.epoch, heldFrames: payloads.length };
    this.#deps.log("debug", "model.heldAudioSent", fields);
  }

  /** A tool that returns when the call is over returns to nothing. */
  #runTool({ type: _, ...tool }: Extract<Effect, { type: "tool.run" }>): void {
    this.#toolsEnd ??= new AbortController();
    this.#deps.tools.run(tool, this.identity, this.#toolsEnd.signal, (output) => {
      if (this.#end === undefined) this.take({ type: "tool.returned", atMs: this.#nowMs(), callId: tool.callId, output });
    });
  }

  #sendCaller(effect: CallerMessageEffect): void {
    const caller = this.#caller;
    if (caller === undefined || caller.isDetached) return;
    if (effect.type === "caller.play") this.#audio.callerSent += 1;
    caller.send(effect);
  }

  /**
   * Arms the timer for the earliest deadline. Re-arms only for an earlier one: most deadlines move later, frame by
   * frame.
   */
  #armTimer(): void {
    const { deadlines } = this.#call;
    if (deadlines === this.#armedFor) return;
    this.#armedFor = deadlines;
    const atMs = this.#end !== undefined ? undefined : earliestDeadline(deadlines);
    if (atMs === undefined || (this.#timer !== undefined && this.#timer.atMs <= atMs)) return;
    this.#timer?.cancel();
    const cancel = this.#deps.clock.after(Math.max(0, atMs - this.#nowMs()), () => this.#onTimer());
    this.#timer = { atMs, cancel };
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#armedFor = undefined;
    const atMs = this.#nowMs();
    if (dueDeadlines(this.#call.deadlines, atMs).length > 0) this.take({ type: "clock.rang", atMs });
    else this.#armTimer();
  }

  #finish(end: EndReason): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#kept.forget();
    this.#toolsEnd?.abort();
    this.#closeCaller();
    this.#deps.watch?.ended(end, this.frames, this.#nowMs());
    this.#deps.ended(this.identity.callSid, end);
  }
}
