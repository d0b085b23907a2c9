// The store's reader: a thread of its own that answers questions (reader-messages.ts), one after the other.

import type { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { callFigures } from "./call-figures.ts";
import { dueDeliveries } from "./deliveries.ts";
import { openForReading } from "./open-database.ts";
import { listCalls, readCall } from "./read-calls.ts";
import type { FromReader, ReaderAnswer, ReaderQuestion, ToReader } from "./reader-messages.ts";

const { path } = workerData as { readonly path: string };
let db: DatabaseSync | undefined;

function answer(question: ReaderQuestion): ReaderAnswer {
  try {
    db ??= openForReading(path);
    switch (question.type) {
      case "list":
        return { type: "list", calls: listCalls(db, question.query) };
      case "read":
        return { type: "read", story: readCall(db, question.callSid) };
      case "due":
        return { type: "due", deliveries: dueDeliveries(db, question.nowMs, question.limit) };
      case "figures":
        return { type: "figures", figures: callFigures(db, question.sinceMs) };
    }
  } catch (error) {
    // The file may have been replaced: the next question opens it again.
    db?.close();
    db = undefined;
    return { type: "failed", problem: (error as Error).message };
  }
}

parentPort?.on("message", ({ id, question }: ToReader) => {
  parentPort?.postMessage({ id, answer: answer(question) } satisfies FromReader);
});
