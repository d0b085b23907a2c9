// Delivers what happened on calls to another system, signed (Standard Webhooks), at least once and in the order of each
// call: from the outbox in the store, so that nothing is lost when voice is killed. Nothing waits for it.
// Follows https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

import type { Clock, Log } from "../../call/ports.ts";
import { readHttpDate } from "../../protocol/http-date.ts";
import { webhookHeaders } from "../../protocol/standard-webhooks.ts";
import { postJson } from "./post-json.ts";

/** A delivery that is due, as the store has it. */
export interface Delivery {
  readonly id: string;
  readonly callSid: string;
  readonly event: string;
  readonly payload: string;
  /** So far. */
  readonly attempts: number;
  readonly createdMs: number;
}

export interface Attempt {
  readonly callSid: string;
  readonly id: string;
  readonly atMs: number;
  /** Undefined: it was taken. */
  readonly problem: string | undefined;
  /** When to try again; undefined: not any more. */
  readonly nextMs: number | undefined;
}

export interface DeliverOptions {
  readonly url: string;
  readonly secret: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
  /** Those that are due now. Never rejects. */
  due(nowMs: number, limit: number): Promise<readonly Delivery[]>;
  /** Stores what came of an attempt. */
  attempted(attempt: Attempt): void;
  readonly send?: typeof fetch | undefined;
}

/** From one look into the outbox to the next. */
const LOOK_EVERY_MS = 1_000;
/** At the same time. */
export const MAX_SENDING = 4;
/** For the receiver's answer: the standard suggests 15 to 30 s. */
export const ANSWER_MS = 15_000;
/** After each failure; the last goes on. */
const RETRY_MS: readonly number[] = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000];
/** Then it is parked, and sent again only on request. */
export const GIVE_UP_MS = 24 * 3_600_000;
/** Each retry comes up to so much later, so that a receiver that was away is not met by all at once. */
const JITTER = 0.2;

/** Returns what ends it. */
export function deliver(options: DeliverOptions): () => void {
  const deliverer = new Deliverer(options);
  deliverer.look();
  return () => deliverer.stop();
}

class Deliverer {
  readonly #options: DeliverOptions;
  readonly #sending = new Set<string>();
  /** Attempts made, by id: what is due is read a moment before the last attempt is stored. */
  readonly #made = new Map<string, number>();
  #cancel = (): void => {};
  #isStopped = false;

  constructor(options: DeliverOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  look(): void {
    if (this.#isStopped) return;
    const { clock, due } = this.#options;
    const room = MAX_SENDING - this.#sending.size;
    const looked = room === 0 ? Promise.resolve([]) : due(clock.nowMs(), MAX_SENDING + this.#sending.size);
    void looked.then((found) => {
      if (this.#isStopped) return;
      if (found.length === 0 && this.#sending.size === 0) this.#made.clear();
      const fresh = found.filter(({ id, attempts }) => !this.#sending.has(id) && attempts >= (this.#made.get(id) ?? 0));
      for (const one of fresh.slice(0, room)) void this.#sendOne(one);
      this.#cancel = clock.after(LOOK_EVERY_MS, () => this.look());
    });
  }

  async #sendOne(delivery: Delivery): Promise<void> {
    const { clock, log, attempted } = this.#options;
    const { id, callSid, event, attempts, createdMs } = delivery;
    this.#sending.add(id);
    const { problem, retryAfterMs } = await this.#post(delivery);
    const atMs = clock.nowMs();
    const waitMs = retryAfterMs ?? (RETRY_MS[Math.min(attempts, RETRY_MS.length - 1)] ?? 0) * (1 + JITTER * Math.random());
    const isOver = problem === undefined || atMs + waitMs - createdMs > GIVE_UP_MS;
    this.#made.set(id, attempts + 1);
    this.#sending.delete(id);
    attempted({ callSid, id, atMs, problem, nextMs: isOver ? undefined : atMs + waitMs });
    if (problem === undefined) log("info", "delivery.sent", { callSid, event, attempts: attempts + 1 });
    else if (isOver) log("error", "delivery.parked", { callSid, event, problem, fix: `voice calls ${callSid} --send-again` });
    else if (attempts === 0) log("warning", "delivery.failed", { callSid, event, problem, retryMs: Math.round(waitMs) });
  }

  async #post({ id, payload }: Delivery): Promise<{ readonly problem: string | undefined; readonly retryAfterMs: number | undefined }> {
    const { url, secret, clock, send } = this.#options;
    const headers = webhookHeaders(secret, id, clock.nowMs(), payload);
    const { problem, retryAfter } = await postJson(url, payload, { headers, timeoutMs: ANSWER_MS, clock, send });
    return { problem, retryAfterMs: readRetryAfter(retryAfter, clock.nowMs()) };
  }
}

/** RFC 9110 section 10.2.3: seconds or a date. */
function readRetryAfter(field: string | null, nowMs: number): number | undefined {
  const text = field?.trim() ?? "";
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1_000;
  const atMs = text === "" ? undefined : readHttpDate(text, nowMs);
  return atMs === undefined ? undefined : Math.max(0, atMs - nowMs);
}
