// Silence where frames are missing, after 750 ms of speech without one.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, lastOrders } from "../call-script.ts";

const speaking = [...greeted, "1000 model.speechStarted itemId=u1", "1010 caller.audio timestampMs=0"];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["749 ms without a frame", [...speaking, "1759 clock.rang"], []],
  ["750 ms without a frame", [...speaking, "1760 clock.rang"], ["model.appendAudio silence 1000 ms"]],
  ["a frame moves the wait", [...speaking, "1500 caller.audio", "1760 clock.rang"], []],
  [
    "no frame at all since speech began",
    [...greeted, "1000 model.speechStarted itemId=u1", "1750 clock.rang"],
    ["model.appendAudio silence 1000 ms"],
  ],
  ["once a gap", [...speaking, "1760 clock.rang", "3499 clock.rang"], []],
  ["the caller does not speak", [...greeted, "1010 caller.audio", "5000 clock.rang"], []],
  ["the caller has stopped", [...speaking, "1100 model.speechStopped itemId=u1", "1860 clock.rang"], []],
  ["the stream is gone", [...speaking, "1100 caller.disconnected", "1860 clock.rang"], []],
  ["the model is gone", [...speaking, "1700 model.lost", "1760 clock.rang"], []],
];
for (const [what, lines, orders] of cases) test(`fillGap: ${what}`, () => assertEquals(lastOrders(...lines), orders));

test("hearSilence: what was put in is taken off the gap that the timestamps tell of", () => {
  assertEquals(lastOrders(...speaking, "1760 clock.rang", "2600 caller.audio timestampMs=1600"), [
    "model.appendAudio silence 580 ms",
    "model.appendAudio C 20 ms",
  ]);
  assertEquals(lastOrders(...speaking, "1760 clock.rang", "2000 caller.audio timestampMs=1000"), ["model.appendAudio C 20 ms"]);
});
