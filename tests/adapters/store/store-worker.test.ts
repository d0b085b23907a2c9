// The worker in its own thread, on a real file: it stores, retries on a locked database, replaces a damaged one, and a
// process that is killed at any moment leaves a file that opens, with everything that was confirmed.

import { test } from "bun:test";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals } from "@std/assert";
import { startWorker } from "../../../src/adapters/store/call-store.ts";
import { openForReading } from "../../../src/adapters/store/open-database.ts";
import { listCalls } from "../../../src/adapters/store/read-calls.ts";
import type { FromWorker, WorkerSetup } from "../../../src/adapters/store/worker-messages.ts";
import { inScratch } from "./scratch.ts";
import { began, START_MS, wholeCall } from "./writes.ts";

const setup = (path: string): WorkerSetup => ({
  path,
  instance: { id: "instance-1", pidSpace: "p", pid: process.pid },
  keep: { transcriptMs: undefined, recordMs: undefined },
  deliver: [],
});

/** A worker whose messages are awaited one by one. */
function startThread(path: string) {
  const messages: FromWorker[] = [];
  const waiting: ((message: FromWorker) => void)[] = [];
  const thread = startWorker(
    setup(path),
    (message) => (waiting.shift() ?? ((one: FromWorker) => messages.push(one)))(message),
    () => {},
  );
  const next = (): Promise<FromWorker> => {
    const message = messages.shift();
    return message === undefined ? new Promise((resolve) => void waiting.push(resolve)) : Promise.resolve(message);
  };
  return { ...thread, next };
}

function sidsIn(path: string): readonly string[] {
  const db = openForReading(path);
  try {
    return listCalls(db, { limit: 1_000 }).map(({ callSid }) => callSid);
  } finally {
    db.close();
  }
}

test("store-worker: opens, stores, and closes in order", async () => {
  await inScratch(async (folder) => {
    const path = join(folder, "state/calls.db");
    const thread = startThread(path);
    thread.send({ type: "tick", nowMs: START_MS });
    assertEquals(await thread.next(), { type: "opened", setAside: undefined, unfinished: 0 });
    thread.send({ type: "apply", batch: 1, writes: wholeCall("CA1"), nowMs: START_MS });
    assertEquals(await thread.next(), { type: "applied", batch: 1 });
    assertEquals(sidsIn(path), ["CA1"]);
    thread.send({ type: "close", nowMs: START_MS });
    assertEquals(await thread.next(), { type: "closed" });
    thread.stop();
  });
});

test("store-worker: a locked database fails the batch, which is stored when the lock is gone", async () => {
  await inScratch(async (folder) => {
    const path = join(folder, "calls.db");
    const thread = startThread(path);
    thread.send({ type: "tick", nowMs: START_MS });
    await thread.next();
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    thread.send({ type: "apply", batch: 1, writes: [began("CA1")], nowMs: START_MS });
    const failed = await thread.next();
    assert(failed.type === "failed" && failed.problem.includes("locked"), JSON.stringify(failed));
    other.exec("COMMIT");
    other.close();
    thread.send({ type: "apply", batch: 1, writes: [began("CA1")], nowMs: START_MS });
    assertEquals(await thread.next(), { type: "applied", batch: 1 });
    thread.stop();
  });
});

test("store-worker: a damaged file is set aside, and a new store begins", async () => {
  await inScratch(async (folder) => {
    const path = join(folder, "calls.db");
    writeFileSync(path, "not a database, for longer than its header: ".repeat(20));
    const thread = startThread(path);
    thread.send({ type: "apply", batch: 1, writes: [began("CA1")], nowMs: START_MS });
    assertEquals(await thread.next(), { type: "opened", setAside: `${path}.damaged-${START_MS}`, unfinished: 0 });
    assertEquals(await thread.next(), { type: "applied", batch: 1 });
    assertEquals(sidsIn(path), ["CA1"]);
    thread.stop();
  });
});

test("store-worker: a folder that cannot be made is said, and tried again", async () => {
  await inScratch(async (folder) => {
    writeFileSync(join(folder, "state"), "a file in the way");
    const thread = startThread(join(folder, "state/calls.db"));
    for (let time = 0; time < 2; time += 1) {
      thread.send({ type: "apply", batch: 1, writes: [began("CA1")], nowMs: START_MS });
      assertEquals((await thread.next()).type, "notOpened");
      assertEquals((await thread.next()).type, "failed");
    }
    thread.stop();
  });
});

test("store-worker: killed at 100 random moments, nothing that was confirmed is lost, and the file always opens", async () => {
  await inScratch(async (folder) => {
    const path = join(folder, "calls.db");
    const confirmed = new Set<string>();
    let seed = 20_260_101;
    for (let round = 0; round < 100; round += 1) {
      seed = (seed * 48_271) % 2_147_483_647;
      for (const sid of await writeUntilKilled(path, round, 1 + (seed % 12))) confirmed.add(sid);
      const stored = new Set(sidsIn(path));
      for (const sid of confirmed) assert(stored.has(sid), `round ${round}: ${sid} was confirmed and is lost`);
    }
    assert(confirmed.size > 100, `only ${confirmed.size} calls were confirmed`);
  });
}, 120_000);

/** Writes in a process of its own, which is killed after so many confirmed batches. Returns the calls confirmed. */
function writeUntilKilled(path: string, round: number, batches: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [join(import.meta.dir, "endless-writer.ts"), path, `R${round}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const sids: string[] = [];
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (sid) => {
      sids.push(sid);
      // Not at the line itself: the next batches are under way.
      if (sids.length === batches) child.kill("SIGKILL");
    });
    child.on("close", () => resolve(sids));
  });
}
