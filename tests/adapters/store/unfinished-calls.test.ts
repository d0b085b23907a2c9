// Calls of processes that are over are closed, once; those of running ones are not.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { readCall } from "../../../src/adapters/store/read-calls.ts";
import { closeUnfinished, DEAD_AFTER_MS, forgetInstance, showAlive } from "../../../src/adapters/store/unfinished-calls.ts";
import { withDatabase } from "./scratch.ts";
import { began, ended, START_MS, turned } from "./writes.ts";

const own = { id: "instance-2", pidSpace: "pid:[1]", pid: 20 };
const other = { id: "instance-1", pidSpace: "pid:[1]", pid: 10 };
/** Calls of instance-1: one ended, one that was speaking a second after its beginning. */
const calls = [began("CA1"), turned("CA1", 0, "Hello?", "", { triggeredAtMs: START_MS + 1_000 }), began("CA2"), ended("CA2")];
const all = (): boolean => true;

test("closeUnfinished: a process that is not there any more: its calls ended with their last write", () => {
  withDatabase(calls, (db) => {
    showAlive(db, other, START_MS);
    assertEquals(
      closeUnfinished(db, own, START_MS + 2_000, (pid) => pid !== 10),
      1,
    );
    const { call } = readCall(db, "CA1") ?? {};
    assertEquals([call?.endedMs, call?.endBy, call?.endCause], [START_MS + 1_000, "server", "processEnded"]);
    assertEquals(readCall(db, "CA2")?.call.endCause, "hangup");
    assertEquals(closeUnfinished(db, own, START_MS + 3_000, all), 0);
  });
});

test("closeUnfinished: a process that runs keeps its calls, until it shows no sign of life", () => {
  withDatabase(calls, (db) => {
    showAlive(db, other, START_MS);
    assertEquals(closeUnfinished(db, own, START_MS + DEAD_AFTER_MS, all), 0);
    showAlive(db, other, START_MS + DEAD_AFTER_MS);
    assertEquals(closeUnfinished(db, own, START_MS + 2 * DEAD_AFTER_MS, all), 0);
    assertEquals(closeUnfinished(db, own, START_MS + 2 * DEAD_AFTER_MS + 1, all), 1);
  });
});

for (const [what, pidSpace] of [
  ["of another container", "pid:[2]"],
  ["that cannot be looked up", ""],
] as const) {
  test(`closeUnfinished: a process id ${what} says nothing`, () => {
    withDatabase(calls, (db) => {
      showAlive(db, { ...other, pidSpace }, START_MS);
      assertEquals(
        closeUnfinished(db, { ...own, pidSpace: pidSpace === "" ? "" : own.pidSpace }, START_MS, () => false),
        0,
      );
    });
  });
}

test("closeUnfinished: its own calls are never closed", () => {
  withDatabase(calls, (db) => assertEquals(closeUnfinished(db, other, START_MS + 10 * DEAD_AFTER_MS, all), 0));
});

test("closeUnfinished: a process that ended in order left none behind, or they are closed at once", () => {
  withDatabase(calls, (db) => {
    showAlive(db, other, START_MS);
    forgetInstance(db, other.id);
    assertEquals(closeUnfinished(db, own, START_MS, all), 1);
  });
});
