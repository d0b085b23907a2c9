// The calls of this process by CallSid: made at the webhook, found by the stream and by /twilio/after, forgotten after a while. No rule of a call here.

import type { Next } from "../../call/effects.ts";
import type { CallIdentity } from "../../call/events.ts";
import type { Clock } from "../../call/ports.ts";
import type { CallDriver } from "./call-driver.ts";

/** What the server needs of a call's driver; tests bring one of their own. */
export type RunningCall = Pick<CallDriver, "identity" | "end" | "live" | "offered" | "attach" | "asked" | "reported" | "drain">;

/** Makes a call's driver; `ended` is to be called once, when the call has ended. */
export type MakeDriver = (identity: CallIdentity, ended: () => void) => RunningCall;

/** Why a call is not taken. */
export type CallRefusal = "draining" | "full" | "outOfMemory" | "ended";

/** How many calls are taken. */
export interface CallLimits {
  readonly maxCalls: number;
  /** Resident memory from which no new call is taken; undefined: no bound. */
  readonly maxMemoryBytes: number | undefined;
  /** The process's resident memory now. */
  residentBytes(): number;
  /** How long a call keeps a model that it dialled before its stream has come. */
  readonly prewarmMs: number;
}

/** Calls that wait for their stream with a model dialled already: a burst of webhooks without streams must not cost a burst of sessions. More dial at `start`. */
export const MAX_PREWARMED = 32;

/** How long an ended call is kept, so that /twilio/after finds what was planned for it. */
export const KEEP_ENDED_MS = 10 * 60_000;
/** How long an ended call's CallSid is not taken again: a webhook's signature has no time in it, so an old one could be sent anew. */
export const REFUSE_ENDED_MS = 4 * 3_600_000;
/** Ended calls kept at most, the oldest forgotten first; /twilio/after then answers with the apology. */
export const MAX_ENDED_KEPT = 2_000;
/** CallSids of ended calls remembered at most: over 7 calls a second, for four hours. */
export const MAX_ENDED_REMEMBERED = 100_000;

/** How long after our own close of a stream Twilio may come for the last words; it comes at once, or never. */
export const LAST_WORDS_MS = 5_000;

/** The calls of this process. Bounded in each direction; forgetting happens on the way, so there is no timer. */
export class Calls {
  readonly #limits: CallLimits;
  readonly #clock: Clock;
  readonly #makeDriver: MakeDriver;
  readonly #running = new Map<string, RunningCall>();
  readonly #ended = new Map<string, { readonly call: RunningCall; readonly atMs: number }>();
  /** CallSid -> when it ended; in that order. */
  readonly #endedAtMs = new Map<string, number>();
  /** Calls that we ended, whose caller Twilio has not come to ask about: who stops the server now makes them hear an error. With their timers. */
  readonly #owed = new Map<string, () => void>();
  /** Calls that were told to dial before their stream, and when; in that order. */
  readonly #prewarmed = new Map<RunningCall, number>();
  readonly #idleWaiters = new Set<() => void>();
  #draining = false;

  constructor(limits: CallLimits, clock: Clock, makeDriver: MakeDriver) {
    this.#limits = limits;
    this.#clock = clock;
    this.#makeDriver = makeDriver;
  }

  /** Calls that go on, from the webhook's answer to the end. */
  get running(): number {
    return this.#running.size;
  }

  /** Ended calls that are still found. */
  get kept(): number {
    return this.#ended.size;
  }

  /** Whether new calls are refused because the process is being stopped. */
  get draining(): boolean {
    return this.#draining;
  }

  /** The call that a webhook tells of: the one that there is (a webhook is sent again when its answer was lost), or a new one, or why not. */
  offer(identity: CallIdentity): RunningCall | CallRefusal {
    const { callSid } = identity;
    const running = this.#running.get(callSid);
    if (running !== undefined) return running;
    this.#forget();
    if (this.#endedAtMs.has(callSid)) return "ended";
    if (this.#draining) return "draining";
    if (this.#running.size >= this.#limits.maxCalls) return "full";
    if (this.#limits.residentBytes() >= (this.#limits.maxMemoryBytes ?? Number.POSITIVE_INFINITY)) return "outOfMemory";
    const call = this.#makeDriver(identity, () => this.#noteEnd(callSid));
    this.#running.set(callSid, call);
    call.offered(this.#mayPrewarm(call));
    return call;
  }

  /** A call that goes on or has ended a while ago; undefined: never heard of here, or forgotten. */
  find(callSid: string): RunningCall | undefined {
    this.#forget();
    return this.#running.get(callSid) ?? this.#ended.get(callSid)?.call;
  }

  /** Twilio asks what comes next for a call, running or ended. */
  ask(call: RunningCall, callStatus: string, dialCallStatus?: string): Next {
    const next = call.asked(callStatus, dialCallStatus);
    this.#settle(call.identity.callSid);
    return next;
  }

  /** From now on no new call is taken. */
  startDraining(): void {
    this.#draining = true;
  }

  /** Ends every call that goes on, with words. */
  drainAll(): void {
    for (const call of [...this.#running.values()]) call.drain();
  }

  /** Resolves with true when no call goes on and no last words are owed, at the latest after `ms` with false. */
  idle(ms: number): Promise<boolean> {
    if (this.#isIdle()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter = (): void => {
        callOff();
        resolve(true);
      };
      const callOff = this.#clock.after(ms, () => {
        this.#idleWaiters.delete(waiter);
        resolve(this.#isIdle());
      });
      this.#idleWaiters.add(waiter);
    });
  }

  /** Whether a new call may dial before its stream has come: not with too many that do so now. */
  #mayPrewarm(call: RunningCall): boolean {
    const nowMs = this.#clock.nowMs();
    for (const [other, atMs] of this.#prewarmed) {
      if (other.live || other.end !== undefined || nowMs - atMs >= this.#limits.prewarmMs) this.#prewarmed.delete(other);
    }
    if (this.#prewarmed.size >= MAX_PREWARMED) return false;
    this.#prewarmed.set(call, nowMs);
    return true;
  }

  #noteEnd(callSid: string): void {
    const call = this.#running.get(callSid);
    if (call === undefined) return;
    this.#running.delete(callSid);
    const atMs = this.#clock.nowMs();
    this.#ended.set(callSid, { call, atMs });
    this.#endedAtMs.set(callSid, atMs);
    this.#forget();
    if (call.end?.by === "caller") this.#settle(callSid);
    else
      this.#owed.set(
        callSid,
        this.#clock.after(LAST_WORDS_MS, () => this.#settle(callSid)),
      );
  }

  #settle(callSid: string): void {
    this.#owed.get(callSid)?.();
    this.#owed.delete(callSid);
    if (!this.#isIdle()) return;
    for (const waiter of this.#idleWaiters) waiter();
    this.#idleWaiters.clear();
  }

  #isIdle(): boolean {
    return this.#running.size === 0 && this.#owed.size === 0;
  }

  /** Both maps are in the order of the ends, so what is to go stands first. */
  #forget(): void {
    const nowMs = this.#clock.nowMs();
    for (const [callSid, { atMs }] of this.#ended) {
      if (this.#ended.size <= MAX_ENDED_KEPT && nowMs - atMs < KEEP_ENDED_MS) break;
      this.#ended.delete(callSid);
    }
    for (const [callSid, atMs] of this.#endedAtMs) {
      if (this.#endedAtMs.size <= MAX_ENDED_REMEMBERED && nowMs - atMs < REFUSE_ENDED_MS) break;
      this.#endedAtMs.delete(callSid);
    }
  }
}
