// The end of a call by its agent, at its edges. Whole conversations: tests/call/scripts/hang-up-*.call, idle*.call and
// too-long*.call.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, lastEffects } from "../call-script.ts";

const over = ["settings maxMs=8000", ...greeted, "8000 clock.rang"];
const said = [
  ...over,
  "8100 model.responseStarted responseId=r2",
  "8110 model.audio responseId=r2 itemId=a2 payload=M100",
  "8120 model.responseDone responseId=r2",
];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  [
    "the model says nothing at all: the call ends with a sentence when its time is over",
    [...over, "20000 clock.rang", "20001 caller.nextRequested callStatus=in-progress"],
    [
      "record.save agent tooLong (31921), recovered, waited 12001 ms, greeting 20 ms; agent unanswered",
      "log info call.ended",
      "call.ended agent tooLong",
      "after.answer say goodbye",
    ],
  ],
  ["speech over the end of the call is heard out", [...said, "8130 model.speechStarted"], []],
  ["a key over the end of the call changes nothing", [...said, "8130 caller.keyPressed digit=5"], []],
  ["an answer to what was said over the end is stopped", [...said, "8130 model.responseStarted responseId=r3"], ["model.cancel"]],
  ["and not played", [...said, "8130 model.responseStarted responseId=r3", "8140 model.audio responseId=r3 itemId=a3 payload=M100"], []],
  ["the last mark ends the call", [...said, "8300 caller.markReturned name=v2"], ["model.close 1", "caller.close"]],
  [
    "marks that do not come back end it a little later",
    [...said, "10219 clock.rang", "10221 clock.rang"],
    ["model.close 1", "caller.close"],
  ],
  [
    "a goodbye that the caller speaks over before it begins ends the call with its response",
    [
      ...over,
      "8040 model.responseStarted responseId=r2",
      "8050 model.speechStarted",
      "8060 model.responseDone responseId=r2 status=cancelled",
    ],
    ["model.close 1", "caller.close"],
  ],
];
for (const [what, lines, orders] of cases) test(`goodbye: ${what}`, () => assertEquals(lastEffects(...lines), orders));
