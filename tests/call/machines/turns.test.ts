// Turns: what triggered them, how long the answer took, and their transcripts.

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

const begun = beginTurn(noTurns, "speech", 1_000, "u1");
const answered = answerTurn(begun, "r1", 1_499.6);

test("answerTurn: latency is from the trigger to the first audio, in whole milliseconds", () => {
  assertEquals(turnRecords(answered), [
    { trigger: "speech", triggeredAtMs: 1_000, latencyMs: 500, interrupted: false, callerText: undefined, modelText: undefined },
  ]);
});

test("answerTurn: latency is never negative", () => assertEquals(answerTurn(begun, "r1", 900).turns[0]?.latencyMs, 0));
test("answerTurn: a turn is answered once", () => assertStrictEquals(answerTurn(answered, "r2", 2_000), answered));
test("answerTurn, interruptTurn: without a turn, nothing", () => {
  assertStrictEquals(answerTurn(noTurns, "r1", 1), noTurns);
  assertStrictEquals(interruptTurn(noTurns), noTurns);
});
test("interruptTurn: only an answer can be interrupted", () => {
  assertStrictEquals(interruptTurn(begun), begun);
  assertEquals(interruptTurn(answered).turns[0]?.interrupted, true);
});

test("setCallerText, addModelText: transcripts find their turn after another has begun; a response's items add up", () => {
  const next = beginTurn(answered, "keys", 3_000, undefined);
  const transcribed = addModelText(addModelText(setCallerText(next, "u1", "When?"), "r1", "Let me see."), "r1", "At nine.");
  assertEquals([transcribed.turns[0]?.callerText, transcribed.turns[0]?.modelText], ["When?", "Let me see. At nine."]);
  assertEquals([transcribed.turns[1]?.callerText, transcribed.turns[1]?.modelText], [undefined, undefined]);
});

test("setCallerText, addModelText: a transcript of no turn changes nothing", () => {
  assertStrictEquals(setCallerText(answered, "u9", "x"), answered);
  assertStrictEquals(addModelText(answered, "r9", "x"), answered);
});

test(`beginTurn: ${TURNS_MAX} are kept, the newest, and those dropped are counted`, () => {
  let turns = noTurns;
  for (let n = 0; n < TURNS_MAX + 2; n++) turns = beginTurn(turns, "speech", n, undefined);
  assertEquals([turns.turns.length, turns.turns[0]?.triggeredAtMs, turns.forgotten], [TURNS_MAX, 2, 2]);
});
