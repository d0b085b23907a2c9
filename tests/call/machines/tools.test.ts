// The tools of a call: which calls of a response are run, and which have returned.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import {
  allowTools,
  callsOf,
  isOutOfRounds,
  nextDueMs,
  noTools,
  noteCall,
  ROUNDS_MAX,
  RUNNING_MAX,
  roomFor,
  startTools,
  toolReturned,
} from "../../../src/call/machines/tools.ts";

const call = (callId: string, name = "look_up") => ({ callId, name, arguments: "{}" });
const calls = (count: number) => Array.from({ length: count }, (_, index) => call(`c${index}`));

test("callsOf: what was noted and what the end lists are one call each; the end knows better", () => {
  const noted = noteCall(noteCall(noTools, "r1", call("c1", "")), "r1", call("c2"));
  assertEquals(callsOf(noted, "r1", [call("c1"), call("c3")]), [call("c1"), call("c2"), call("c3")]);
  assertEquals(callsOf(noted, "r2", []), []);
});

test("callsOf: a call without an id or a name cannot be answered", () => {
  assertEquals(callsOf(noTools, "r1", [call(""), call("c1", "")]), []);
});

test("noteCall: calls of an earlier response are forgotten, and there are at most so many", () => {
  assertEquals(noteCall(noteCall(noTools, "r1", call("c1")), "r2", call("c2")).called, { responseId: "r2", calls: [call("c2")] });
  const many = calls(RUNNING_MAX + 5).reduce((tools, one) => noteCall(tools, "r1", one), noTools);
  assertEquals(many.called.calls.length, RUNNING_MAX);
});

test("roomFor: at most eight calls of one response, and as many as may run at all", () => {
  assertEquals(roomFor(noTools, 3), 3);
  assertEquals(roomFor(noTools, 100), 8);
  const full = startTools(
    startTools(noTools, 1, calls(8), () => 1_000),
    1,
    calls(6),
    () => 2_000,
  );
  assertEquals([full.running.length, roomFor(full, 8)], [14, RUNNING_MAX - 14]);
});

test("toolReturned: a tool returns once; the next to be due is the oldest", () => {
  const running = startTools(
    startTools(noTools, 1, [call("c1")], () => 1_000),
    2,
    [call("c2")],
    () => 2_000,
  );
  assertEquals(nextDueMs(running), 1_000);
  const returned = toolReturned(running, "c1");
  assertEquals(returned?.tool, { callId: "c1", name: "look_up", session: 1, dueMs: 1_000 });
  assertEquals([nextDueMs(returned?.tools ?? noTools), toolReturned(returned?.tools ?? noTools, "c1")], [2_000, undefined]);
  assertEquals(nextDueMs(noTools), undefined);
});

test("isOutOfRounds: after so many rounds, until the caller speaks", () => {
  let tools = noTools;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    assertEquals(isOutOfRounds(tools), false);
    tools = startTools(tools, 1, [], () => 0);
  }
  assertEquals([isOutOfRounds(tools), isOutOfRounds(allowTools(tools))], [true, false]);
});
