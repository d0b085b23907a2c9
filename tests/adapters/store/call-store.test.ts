// The server's side of the store: batches in order and one at a time, retries, what a failing or hanging store shows,
// and that none of it throws.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { openCallStore, type StartThread } from "../../../src/adapters/store/call-store.ts";
import type { FromWorker, ToWorker } from "../../../src/adapters/store/worker-messages.ts";
import { MAX_QUEUED } from "../../../src/adapters/store/write-queue.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { began, turned } from "./writes.ts";

type Apply = Extract<ToWorker, { type: "apply" }>;

/** A store whose worker is played by the test. */
function setUp() {
  const clock = manualClock();
  const lines: string[] = [];
  const sent: ToWorker[] = [];
  const threads: { readonly received: (message: FromWorker) => void; readonly crashed: (problem: string) => void }[] = [];
  let stopped = 0;
  const start: StartThread = (_setup, received, crashed) => {
    threads.push({ received, crashed });
    return {
      send: (message) => void sent.push(message),
      stop: () => {
        stopped += 1;
      },
    };
  };
  const instance = { id: "i", pidSpace: "p", pid: 1 };
  const keep = { transcriptMs: undefined, recordMs: undefined };
  const log = (_level: string, event: string): void => void lines.push(event);
  const store = openCallStore({ path: "/calls.db", instance, keep, deliver: [], clock, log, start });
  return {
    clock,
    lines,
    store,
    threads,
    stopped: () => stopped,
    batches: () => sent.filter((message): message is Apply => message.type === "apply"),
    types: () => sent.map(({ type }) => type),
    answer: (message: FromWorker) => threads.at(-1)?.received(message),
  };
}

test("openCallStore: starts no thread before it is needed, and then shows that it is alive", () => {
  const { clock, threads, types } = setUp();
  assertEquals(threads.length, 0);
  clock.advance(100);
  assertEquals([threads.length, types()], [1, ["tick"]]);
  clock.advance(10_000);
  assertEquals(types(), ["tick", "tick", "tick"]);
});

test("CallStore: writes leave within 250 ms, together, and the next batch waits for the answer", () => {
  const { clock, store, batches, answer } = setUp();
  store.write(began("CA1"));
  store.write(turned("CA1", 0, "a", "b"));
  clock.advance(250);
  assertEquals(
    batches().map(({ batch, writes }) => [batch, writes.length]),
    [[1, 2]],
  );
  store.write(turned("CA1", 1, "c", "d"));
  clock.advance(250);
  assertEquals(batches().length, 1);
  answer({ type: "applied", batch: 1 });
  assertEquals(
    batches().map(({ batch, writes }) => [batch, writes.length]),
    [
      [1, 2],
      [2, 1],
    ],
  );
});

test("CallStore: a batch that failed is tried again, later and later, and nothing overtakes it", () => {
  const { clock, store, batches, answer, lines } = setUp();
  store.write(began("CA1"));
  clock.advance(100);
  for (const [index, waitMs] of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000].entries()) {
    store.write(turned("CA1", index, "", ""));
    answer({ type: "failed", batch: 1, problem: "database or disk is full" });
    assertEquals(store.health().problem, "database or disk is full");
    clock.advance(waitMs - 1);
    assertEquals(batches().length, index + 1);
    clock.advance(1);
    assertEquals(batches().at(-1)?.writes, [began("CA1")]);
  }
  assertEquals([lines, store.health().queued], [["store.failed"], 8]);
  answer({ type: "applied", batch: 1 });
  assertEquals([lines, store.health()], [["store.failed", "store.recovered"], { problem: undefined, queued: 7, dropped: 0 }]);
});

test("CallStore: a disk that hangs is a problem, and the answer that comes in the end recovers it", () => {
  const { clock, store, answer, lines } = setUp();
  store.write(began("CA1"));
  clock.advance(5_100);
  assertEquals(store.health().problem, "no answer within 5 s: the disk may hang");
  answer({ type: "applied", batch: 1 });
  assertEquals([store.health().problem, lines], [undefined, ["store.failed", "store.recovered"]]);
});

test("CallStore: what does not fit is counted, in the log and in its health", () => {
  const { clock, store, lines, answer } = setUp();
  store.write(began("CA1"));
  clock.advance(100);
  for (let index = 0; index < MAX_QUEUED + 3; index += 1) store.write(turned("CA1", index, "", ""));
  assertEquals([store.health().dropped, lines], [3, ["store.dropped"]]);
  answer({ type: "failed", batch: 1, problem: "database is locked" });
  answer({ type: "applied", batch: 1 });
  assertEquals([store.health().dropped, lines], [3, ["store.dropped", "store.failed", "store.dropped", "store.recovered"]]);
});

test("CallStore: the store of a newer voice: nothing is queued, and it says so once", () => {
  const { clock, store, answer, lines, batches } = setUp();
  clock.advance(100);
  answer({ type: "notOpened", problem: "the store has format 9", isFinal: true });
  store.write(began("CA1"));
  clock.advance(1_000);
  assertEquals(
    [store.health(), lines, batches().length],
    [{ problem: "the store has format 9", queued: 0, dropped: 1 }, ["store.failed"], 0],
  );
});

test("CallStore: a thread that ends by itself is started again, with the batch that it had", () => {
  const { clock, store, threads, batches, answer } = setUp();
  store.write(began("CA1"));
  clock.advance(100);
  threads[0]?.crashed("the store's thread ended with code 1");
  assertEquals(store.health().problem, "the store's thread ended with code 1");
  clock.advance(500);
  assertEquals([threads.length, batches().map(({ batch }) => batch)], [2, [1, 1]]);
  threads[0]?.received({ type: "applied", batch: 1 });
  assertEquals(store.health().queued, 1);
  answer({ type: "applied", batch: 1 });
  assertEquals(store.health(), { problem: undefined, queued: 0, dropped: 0 });
});

test("CallStore: a damaged file that was replaced, and unfinished calls, are in the log", () => {
  const { clock, answer, lines } = setUp();
  clock.advance(100);
  answer({ type: "opened", setAside: "/calls.db.damaged-1", unfinished: 2 });
  assertEquals(lines, ["store.replaced", "store.unfinishedClosed"]);
});

test("CallStore.close: writes what is queued, closes the database, stops the thread", async () => {
  const { store, types, answer, stopped } = setUp();
  store.write(began("CA1"));
  const closed = store.close();
  assertEquals(types(), ["apply"]);
  answer({ type: "applied", batch: 1 });
  assertEquals(types(), ["apply", "close"]);
  answer({ type: "closed" });
  await closed;
  assertEquals(stopped(), 1);
});
