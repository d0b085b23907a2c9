// The store of calls, as the server sees it: writes are taken at once and reach the worker in batches, one at a time,
// at most 250 ms late. Nothing waits for it, and it never throws. While the store fails, calls go on: the batch is
// tried again, what comes meanwhile is queued, and what is dropped is counted.

import type { Clock, Log } from "../../call/ports.ts";
import { startThread } from "./start-thread.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./worker-messages.ts";
import { WriteQueue } from "./write-queue.ts";
import type { Write } from "./writes.ts";

/** From a write to its batch. */
const BATCH_MS = 100;
/** From one sign of life to the next (unfinished-calls.ts). */
const TICK_MS = 5_000;
/** The database is opened after the start: it must not delay the first call. */
const OPEN_AFTER_MS = 100;
/** From a failed batch to the next try: doubled each time, up to the second. */
const RETRY_MS = 500;
const MAX_RETRY_MS = 15_000;
/** A batch that takes longer shows that the disk hangs. */
const SLOW_MS = 5_000;

/** What readiness and metrics show. */
export interface StoreHealth {
  /** Undefined: the store works. */
  readonly problem: string | undefined;
  readonly queued: number;
  /** Since the start. */
  readonly dropped: number;
}

export interface CallStore {
  write(write: Write): void;
  health(): StoreHealth;
  /** Writes what is queued, and closes the database. On a disk that hangs it never resolves. */
  close(): Promise<void>;
}

/** The worker's thread, or what plays it in tests. */
export interface StoreThread {
  send(message: ToWorker): void;
  stop(): void;
}

export type StartThread = (setup: WorkerSetup, received: (message: FromWorker) => void, crashed: (problem: string) => void) => StoreThread;

/** Starts the thread. It does not keep the process alive. */
export const startWorker: StartThread = (workerData, received, crashed) => {
  const worker = startThread("adapters/store/store-worker.ts", workerData);
  worker.on("message", received);
  worker.on("error", (error) => crashed(String(error)));
  worker.on("exit", (code) => crashed(`the store's thread ended with code ${code}`));
  return { send: (message) => worker.postMessage(message), stop: () => void worker.terminate() };
};

export interface CallStoreOptions extends WorkerSetup {
  readonly clock: Clock;
  readonly log: Log;
  readonly start?: StartThread;
}

/** Opens the store in the background. */
export function openCallStore(options: CallStoreOptions): CallStore {
  return new ThreadStore(options);
}

interface Sent {
  readonly batch: number;
  readonly writes: readonly Write[];
}

class ThreadStore implements CallStore {
  readonly #options: CallStoreOptions;
  readonly #queue = new WriteQueue();
  #thread: StoreThread | undefined;
  #batch = 0;
  /** The batch that the worker has, or that waits to be tried again. One at a time: writes are applied in order. */
  #sent: Sent | undefined;
  #cancelTimer: (() => void) | undefined;
  #cancelSlow: (() => void) | undefined;
  #retryMs = RETRY_MS;
  #problem: string | undefined;
  #isFinal = false;
  #dropped = 0;
  #closed: (() => void) | undefined;
  #isClosing = false;

  constructor(options: CallStoreOptions) {
    this.#options = options;
    options.clock.after(OPEN_AFTER_MS, () => this.#tick());
  }

  write(write: Write): void {
    if (this.#isFinal) this.#dropped += 1;
    else this.#add(write);
  }

  #add(write: Write): void {
    this.#queue.add(write);
    if (this.#queue.dropped === 1 && this.#dropped === 0) this.#reportDropped();
    if (this.#sent === undefined) this.#cancelTimer ??= this.#options.clock.after(BATCH_MS, () => this.#sendNext());
  }

  health(): StoreHealth {
    return {
      problem: this.#problem,
      queued: this.#queue.length + (this.#sent?.writes.length ?? 0),
      dropped: this.#dropped + this.#queue.dropped,
    };
  }

  close(): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    if (this.#sent === undefined) this.#sendNext();
    return closed;
  }

  #send(message: ToWorker): void {
    if (this.#thread === undefined) this.#startThread();
    this.#thread?.send(message);
  }

  #startThread(): void {
    const { start = startWorker, path, instance, keep, deliver } = this.#options;
    const thread: StoreThread = start(
      { path, instance, keep, deliver },
      (message) => this.#thread === thread && this.#onMessage(message),
      (problem) => this.#thread === thread && this.#onCrash(problem),
    );
    this.#thread = thread;
  }

  #tick(): void {
    if (this.#isClosing) return;
    this.#send({ type: "tick", nowMs: this.#nowMs() });
    this.#options.clock.after(TICK_MS, () => this.#tick());
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  #sendNext(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#sent === undefined && this.#queue.length > 0) {
      this.#batch += 1;
      this.#sent = { batch: this.#batch, writes: this.#queue.take() };
    }
    if (this.#sent === undefined) {
      if (this.#isClosing) this.#send({ type: "close", nowMs: this.#nowMs() });
      return;
    }
    this.#send({ type: "apply", ...this.#sent, nowMs: this.#nowMs() });
    this.#cancelSlow?.();
    this.#cancelSlow = this.#options.clock.after(SLOW_MS, () => this.#fail(`no answer within ${SLOW_MS / 1_000} s: the disk may hang`));
  }

  #onMessage(message: FromWorker): void {
    switch (message.type) {
      case "opened":
        this.#onOpened(message);
        break;
      case "applied":
        if (message.batch === this.#sent?.batch) this.#onApplied();
        break;
      case "failed":
        if (message.batch === this.#sent?.batch) this.#retryLater(message.problem);
        break;
      case "notOpened":
        this.#isFinal ||= message.isFinal;
        this.#fail(message.problem);
        break;
      case "closed":
        this.#thread?.stop();
        this.#closed?.();
        break;
    }
  }

  #onOpened({ setAside, unfinished }: Extract<FromWorker, { type: "opened" }>): void {
    const { log, path } = this.#options;
    if (setAside !== undefined)
      log("error", "store.replaced", { path, setAside, effect: "a new store was begun; the old one can be read there" });
    if (unfinished > 0) log("warning", "store.unfinishedClosed", { calls: unfinished, reason: "the process that held them is over" });
    if (this.#sent === undefined) this.#recover();
  }

  #onApplied(): void {
    this.#cancelSlow?.();
    this.#sent = undefined;
    this.#retryMs = RETRY_MS;
    this.#recover();
    this.#sendNext();
  }

  #recover(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#reportDropped();
    this.#options.log("info", "store.recovered", { dropped: this.#dropped, queued: this.#queue.length });
  }

  #retryLater(problem: string): void {
    this.#cancelSlow?.();
    this.#fail(this.#problem ?? problem);
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.after(this.#retryMs, () => this.#sendNext());
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
  }

  /** Logged once, until the store works again. */
  #fail(problem: string): void {
    if (this.#problem === undefined) {
      const fix = this.#isFinal ? "use the newer voice, or another state directory" : "see the disk: space, rights, speed";
      this.#options.log("error", "store.failed", { path: this.#options.path, problem, effect: "calls go on, and are stored later", fix });
    }
    this.#problem = problem;
  }

  #reportDropped(): void {
    const dropped = this.#queue.takeDropped();
    this.#dropped += dropped;
    if (dropped > 0) this.#options.log("error", "store.dropped", { writes: dropped, effect: "these calls are stored without them" });
  }

  /** The thread ended by itself. Another one is started for the next message. */
  #onCrash(problem: string): void {
    this.#thread = undefined;
    if (this.#isClosing && this.#sent === undefined) this.#closed?.();
    else if (this.#sent !== undefined) this.#retryLater(problem);
    else this.#fail(problem);
  }
}
