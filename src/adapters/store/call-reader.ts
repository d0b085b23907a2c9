// Reads past calls for the console, without holding up a call: each question goes to a thread of its own, which is
// started with the first one. A question has a time limit, and few may wait.

import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import type { Clock } from "../../call/ports.ts";
import type { FromReader, ReaderAnswer, ReaderQuestion, ToReader } from "./reader-messages.ts";
import { startThread } from "./start-thread.ts";
import { DATABASE_FILE } from "./stored-calls.ts";

/** People do not wait longer for a page. */
export const ANSWER_MS = 5_000;
export const MAX_QUESTIONS = 64;

export type AskReader = (question: ReaderQuestion) => Promise<ReaderAnswer>;

/** Never rejects: a question that cannot be answered gets an answer of type `failed`. */
export function callReader(folder: string, clock: Clock): AskReader {
  const reader = new Reader(join(folder, DATABASE_FILE), clock);
  return (question) => reader.ask(question);
}

class Reader {
  readonly #path: string;
  readonly #clock: Clock;
  #worker: Worker | undefined;
  #nextId = 1;
  readonly #waiting = new Map<number, (answer: ReaderAnswer) => void>();

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  ask(question: ReaderQuestion): Promise<ReaderAnswer> {
    if (this.#waiting.size >= MAX_QUESTIONS) return Promise.resolve({ type: "failed", problem: "too many questions at once" });
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ANSWER_MS, () =>
        this.#settle(id, { type: "failed", problem: "no answer in time: the disk may hang" }),
      );
      this.#waiting.set(id, (answer) => {
        cancel();
        resolve(answer);
      });
      this.#start().postMessage({ id, question } satisfies ToReader);
    });
  }

  #settle(id: number, answer: ReaderAnswer): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = startThread("adapters/store/reader-worker.ts", { path: this.#path });
    worker.on("message", ({ id, answer }: FromReader) => this.#settle(id, answer));
    worker.on("error", (error) => this.#onEnd(worker, String(error)));
    worker.on("exit", (code) => this.#onEnd(worker, `the reader ended with code ${code}`));
    this.#worker = worker;
    return worker;
  }

  #onEnd(worker: Worker, problem: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { type: "failed", problem });
  }
}
