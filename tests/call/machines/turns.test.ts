// Turns: who asked, how long it took, and whose words they were.

import { test } from "bun:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  addModelText,
  answerTurn,
  beginTurn,
  interruptTurn,
  noTurns,
  setCallerText,
  TURNS_MAX,
  turnRecords,
} from "../../../src/call/machines/turns.ts";

const asked = beginTurn(noTurns, "speech", 1_000, "u1");
const answered = answerTurn(asked, "r1", 1_499.6);

test("answerTurn: the latency is from the question to the first audio, whole milliseconds", () => {
  assertEquals(turnRecords(answered), [
    { trigger: "speech", triggeredAtMs: 1_000, latencyMs: 500, interrupted: false, callerText: undefined, modelText: undefined },
  ]);
});

test("answerTurn: a clock that lags makes no negative latency", () => assertEquals(answerTurn(asked, "r1", 900).turns[0]?.latencyMs, 0));
test("answerTurn: a turn is answered once", () => assertStrictEquals(answerTurn(answered, "r2", 2_000), answered));
test("answerTurn, interruptTurn: without a turn, nothing", () => {
  assertStrictEquals(answerTurn(noTurns, "r1", 1), noTurns);
  assertStrictEquals(interruptTurn(noTurns), noTurns);
});
test("interruptTurn: only an answer can be talked over", () => {
  assertStrictEquals(interruptTurn(asked), asked);
  assertEquals(interruptTurn(answered).turns[0]?.interrupted, true);
});

test("setCallerText, addModelText: the words find their turn, though another has begun; a response's items add up", () => {
  const next = beginTurn(answered, "keys", 3_000, undefined);
  const told = addModelText(addModelText(setCallerText(next, "u1", "When?"), "r1", "Let me see."), "r1", "At nine.");
  assertEquals([told.turns[0]?.callerText, told.turns[0]?.modelText], ["When?", "Let me see. At nine."]);
  assertEquals([told.turns[1]?.callerText, told.turns[1]?.modelText], [undefined, undefined]);
});

test("setCallerText, addModelText: words of no turn change nothing", () => {
  assertStrictEquals(setCallerText(answered, "u9", "x"), answered);
  assertStrictEquals(addModelText(answered, "r9", "x"), answered);
});

test(`beginTurn: ${TURNS_MAX} are kept, the newest, and those forgotten are counted`, () => {
  let turns = noTurns;
  for (let n = 0; n < TURNS_MAX + 2; n++) turns = beginTurn(turns, "speech", n, undefined);
  assertEquals([turns.turns.length, turns.turns[0]?.triggeredAtMs, turns.forgotten], [TURNS_MAX, 2, 2]);
});
