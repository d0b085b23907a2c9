// The store's worker: a thread of its own, so that a disk that hangs delays no audio and no webhook. It holds the
// database and does what the messages say (worker-messages.ts), one after the other.

import process from "node:process";
import type { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { addDeliveries } from "./add-deliveries.ts";
import { type ApplyWrites, makeWriter } from "./apply-writes.ts";
import { forgetOld } from "./forget-calls.ts";
import { isDamage, openDatabase } from "./open-database.ts";
import { NewerStoreError } from "./schema.ts";
import { closeUnfinished, forgetInstance, showAlive } from "./unfinished-calls.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./worker-messages.ts";
import type { Write } from "./writes.ts";

interface Opened {
  readonly db: DatabaseSync;
  readonly write: ApplyWrites;
}

const { path, instance, keep, deliver } = workerData as WorkerSetup;
let opened: Opened | undefined;

function send(message: FromWorker): void {
  parentPort?.postMessage(message);
}

/** Undefined when it cannot be opened; the next message tries again. */
function open(nowMs: number): Opened | undefined {
  if (opened !== undefined) return opened;
  try {
    const { db, setAside } = openDatabase(path, nowMs);
    showAlive(db, instance, nowMs);
    const unfinished = closeDead(db, nowMs);
    opened = { db, write: makeWriter(db, instance.id, deliver) };
    send({ type: "opened", setAside, unfinished });
  } catch (error) {
    send({ type: "notOpened", problem: (error as Error).message, isFinal: error instanceof NewerStoreError });
  }
  return opened;
}

function apply(batch: number, writes: readonly Write[], nowMs: number): void {
  const store = open(nowMs);
  try {
    if (store === undefined) throw new Error("the database is not open");
    store.write(writes, nowMs);
    send({ type: "applied", batch });
  } catch (error) {
    if (isDamage(error)) close();
    send({ type: "failed", batch, problem: (error as Error).message });
  }
}

/** What fails here is tried again with the next tick; a write that fails says why. */
function tick(nowMs: number): void {
  const store = open(nowMs);
  try {
    if (store === undefined) return;
    showAlive(store.db, instance, nowMs);
    closeDead(store.db, nowMs);
    forgetOld(store.db, keep, nowMs);
  } catch (error) {
    if (isDamage(error)) close();
  }
}

function closeDead(db: DatabaseSync, nowMs: number): number {
  return closeUnfinished(db, instance, nowMs, isRunning, (callSid) => addDeliveries(db, callSid, deliver, nowMs));
}

/** A damaged database is set aside when it is opened again. */
function close(): void {
  try {
    opened?.db.close();
  } catch {
    // It is given up either way.
  }
  opened = undefined;
}

function closeInOrder(): void {
  try {
    if (opened !== undefined) forgetInstance(opened.db, instance.id);
  } catch {
    // Another process finds out by itself that this one is over.
  }
  close();
  send({ type: "closed" });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === "EPERM";
  }
}

parentPort?.on("message", (message: ToWorker) => {
  if (message.type === "apply") apply(message.batch, message.writes, message.nowMs);
  else if (message.type === "tick") tick(message.nowMs);
  else closeInOrder();
});
