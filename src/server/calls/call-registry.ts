// The calls of this process by CallSid: created at the webhook, found by the stream and by /twilio/after, forgotten
// some time after their end. It holds no rule of a call.

import type { Next, ScreenAnswer } from "../../call/effects.ts";
import type { CallIdentity } from "../../call/events.ts";
import type { Clock, FrameCounts } from "../../call/ports.ts";
import { addressKey } from "../../protocol/address.ts";
import type { CallDriver } from "./call-driver.ts";

/** What the server uses of a call's driver. */
export type RegisteredCall = Pick<
  CallDriver,
  | "identity"
  | "end"
  | "frames"
  | "hasStream"
  | "requestStream"
  | "attach"
  | "decideNext"
  | "decideScreen"
  | "reportStatus"
  | "hangUp"
  | "drain"
>;

/** Makes a call's driver, which calls `ended` once, when the call has ended. */
export type MakeDriver = (identity: CallIdentity, ended: () => void) => RegisteredCall;

/** Why a new call is refused. */
export type CallRefusal = "draining" | "full" | "outOfMemory" | "overBudget" | "ended";

export interface CallLimits {
  readonly maxCalls: number;
  /** New calls are refused from this much resident memory on; undefined: no limit. */
  readonly maxMemoryBytes: number | undefined;
  /** The process's resident memory now. */
  residentBytes(): number;
  /** Whether the agent of a new call may spend nothing more today. */
  isOverBudget(identity: CallIdentity): boolean;
  /** How long a call keeps a model that it dialled before its stream started. */
  readonly prewarmMs: number;
}

/**
 * Calls that dialled the model before their stream: a burst of webhooks without streams must not cost a burst of
 * sessions. Further calls dial at `start`.
 */
export const MAX_PREWARMED = 32;

/** How long an ended call is kept, so that /twilio/after gets its answer. */
export const KEEP_ENDED_MS = 10 * 60_000;
/**
 * How long a new call with the CallSid of an ended one is refused: a webhook's signature has no timestamp, so an old
 * one can be replayed.
 */
export const REFUSE_ENDED_MS = 4 * 3_600_000;
/** The oldest is forgotten first; /twilio/after then treats it as an unknown call. */
export const MAX_ENDED_KEPT = 2_000;
/** CallSids of ended calls: enough for 7 calls a second over four hours. */
export const MAX_ENDED_REMEMBERED = 100_000;

/** How long after we close a stream Twilio may request /twilio/after. It does so at once, or never. */
export const AFTER_REQUEST_MS = 5_000;

/** Every collection is bounded. Old entries are removed during other calls, so there is no timer for that. */
export class CallRegistry {
  readonly #limits: CallLimits;
  readonly #clock: Clock;
  readonly #makeDriver: MakeDriver;
  readonly #running = new Map<string, RegisteredCall>();
  readonly #ended = new Map<string, { readonly call: RegisteredCall; readonly atMs: number }>();
  /** CallSid to the time of its end, in that order. */
  readonly #endedAtMs = new Map<string, number>();
  /**
   * Cancels the timeout of each call that we ended and whose /twilio/after is outstanding: if the server stopped now,
   * its caller would hear an error.
   */
  readonly #awaitingAfter = new Map<string, () => void>();
  /** Calls that may dial before their stream, and since when, in that order. */
  readonly #prewarmed = new Map<RegisteredCall, number>();
  readonly #idleWaiters = new Set<() => void>();
  readonly #refusals: Record<CallRefusal, number> = { draining: 0, full: 0, outOfMemory: 0, overBudget: 0, ended: 0 };
  #draining = false;

  constructor(limits: CallLimits, clock: Clock, makeDriver: MakeDriver) {
    this.#limits = limits;
    this.#clock = clock;
    this.#makeDriver = makeDriver;
  }

  /** The number of calls between their webhook and their end. */
  get running(): number {
    return this.#running.size;
  }

  /** The messages so far of each running call. */
  runningFrames(): readonly FrameCounts[] {
    return [...this.#running.values()].map(({ frames }) => frames);
  }

  /** How many calls were refused, by reason. */
  get refusals(): Readonly<Record<CallRefusal, number>> {
    return this.#refusals;
  }

  /** The number of calls that may run at the same time. */
  get limit(): number {
    return this.#limits.maxCalls;
  }

  /** The number of running calls from an address, as `addressKey` writes it. */
  runningFrom(key: string): number {
    return [...this.#running.values()].filter(({ identity }) => addressKey(identity.from) === key).length;
  }

  /** The number of ended calls that can still be found. */
  get kept(): number {
    return this.#ended.size;
  }

  /** Whether new calls are refused because the process is stopping. */
  get draining(): boolean {
    return this.#draining;
  }

  /**
   * The call of a webhook: the existing one (Twilio retries a webhook whose answer was lost), a new one, or why it is
   * refused.
   */
  offer(identity: CallIdentity): RegisteredCall | CallRefusal {
    const { callSid } = identity;
    const running = this.#running.get(callSid);
    if (running !== undefined) return running;
    this.#forget();
    const refusal = this.#findRefusal(identity);
    if (refusal !== undefined) {
      this.#refusals[refusal] += 1;
      return refusal;
    }
    const call = this.#makeDriver(identity, () => this.#onEnd(callSid));
    this.#running.set(callSid, call);
    call.requestStream(this.#mayPrewarm(call));
    return call;
  }

  #findRefusal(identity: CallIdentity): CallRefusal | undefined {
    if (this.#endedAtMs.has(identity.callSid)) return "ended";
    if (this.#draining) return "draining";
    if (this.#running.size >= this.#limits.maxCalls) return "full";
    if (this.#limits.residentBytes() >= (this.#limits.maxMemoryBytes ?? Number.POSITIVE_INFINITY)) return "outOfMemory";
    return this.#limits.isOverBudget(identity) ? "overBudget" : undefined;
  }

  /** A running or recently ended call; undefined when it is unknown or forgotten. */
  find(callSid: string): RegisteredCall | undefined {
    this.#forget();
    return this.#running.get(callSid) ?? this.#ended.get(callSid)?.call;
  }

  /** The answer to /twilio/after for a running or ended call. */
  decideNext(call: RegisteredCall, callStatus: string, dialCallStatus?: string, dialBridged?: boolean): Next {
    const next = call.decideNext(callStatus, dialCallStatus, dialBridged);
    this.#stopAwaiting(call.identity.callSid);
    return next;
  }

  /** What a person hears who was dialled for the call `callSid`. */
  decideScreen(callSid: string, leg: string, to: string, digits: string | undefined): ScreenAnswer {
    return this.#running.get(callSid)?.decideScreen(leg, to, digits) ?? { type: "hangUp" };
  }

  /** Refuses new calls from now on. */
  startDraining(): void {
    this.#draining = true;
  }

  /** Ends every running call with a sentence. */
  drainAll(): void {
    for (const call of [...this.#running.values()]) call.drain();
  }

  /** Resolves with true when no call is running and no /twilio/after is outstanding; with false after `ms`. */
  idle(ms: number): Promise<boolean> {
    if (this.#isIdle()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter = (): void => {
        cancelTimeout();
        resolve(true);
      };
      const cancelTimeout = this.#clock.after(ms, () => {
        this.#idleWaiters.delete(waiter);
        resolve(this.#isIdle());
      });
      this.#idleWaiters.add(waiter);
    });
  }

  /** Whether a new call may dial before its stream starts: not while too many others do. */
  #mayPrewarm(call: RegisteredCall): boolean {
    const nowMs = this.#clock.nowMs();
    for (const [other, atMs] of this.#prewarmed) {
      if (other.hasStream || other.end !== undefined || nowMs - atMs >= this.#limits.prewarmMs) this.#prewarmed.delete(other);
    }
    if (this.#prewarmed.size >= MAX_PREWARMED) return false;
    this.#prewarmed.set(call, nowMs);
    return true;
  }

  #onEnd(callSid: string): void {
    const call = this.#running.get(callSid);
    if (call === undefined) return;
    this.#running.delete(callSid);
    const atMs = this.#clock.nowMs();
    this.#ended.set(callSid, { call, atMs });
    this.#endedAtMs.set(callSid, atMs);
    this.#forget();
    if (call.end?.by === "caller") this.#stopAwaiting(callSid);
    else
      this.#awaitingAfter.set(
        callSid,
        this.#clock.after(AFTER_REQUEST_MS, () => this.#stopAwaiting(callSid)),
      );
  }

  #stopAwaiting(callSid: string): void {
    this.#awaitingAfter.get(callSid)?.();
    this.#awaitingAfter.delete(callSid);
    if (!this.#isIdle()) return;
    for (const waiter of this.#idleWaiters) waiter();
    this.#idleWaiters.clear();
  }

  #isIdle(): boolean {
    return this.#running.size === 0 && this.#awaitingAfter.size === 0;
  }

  /** Both maps are in order of the calls' ends, so the ones to forget come first. */
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
