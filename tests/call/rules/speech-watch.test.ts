// What we hear ourselves: a model that notices neither that the caller speaks nor that they have stopped is asked whether it is there, and given up.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, lastOrders, replying } from "../call-script.ts";

const ASKED = ["model.cancel"];
const GIVEN_UP = ["log warning model.abandoned", "model.close 1"];
const SOUNDED = [...GIVEN_UP, "caller.playFiller"];
/** A frame of so many milliseconds, loud ("!" is a high code of G.711, "~" a low one) or quiet. */
const loud = (atMs: number, ms = 240): string => `${atMs} caller.audio payload=!${ms}`;
const quiet = (atMs: number, ms: number): string => `${atMs} caller.audio payload=~${ms}`;
const REFUSED = "2310 model.errorReported code=response_cancel_not_active";
const unnoticed = [...greeted, loud(300)];
const speaking = [...greeted, loud(300, 200), "350 model.speechStarted", loud(400, 100), quiet(500, 2_000)];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["watchFrame: a word, 1 ms before it must be noticed", [...unnoticed, "2299 clock.rang"], []],
  ["watchFrame: a word that is not noticed", [...unnoticed, "2300 clock.rang"], ASKED],
  ["watchFrame: a click is no word", [...greeted, loud(300, 220), "9000 clock.rang"], []],
  ["watchFrame: clicks far between are no word", [...greeted, loud(300, 200), quiet(500, 200), loud(700, 200), "9000 clock.rang"], []],
  ["watchFrame: a quiet line is none", [...greeted, quiet(300, 5_000), "9000 clock.rang"], []],
  ["watchFrame: it is noticed", [...unnoticed, "400 model.speechStarted", "500 model.speechStopped", "2300 clock.rang"], []],
  ["watchFrame: while the model is heard it may be its echo", [...replying, loud(1_200), loud(1_500), "5000 clock.rang"], []],
  [
    "watchFrame: while an answer is due, that has its own deadline",
    [...greeted, "210 caller.keyPressed digit=1", loud(300), "5000 clock.rang"],
    [],
  ],
  ["onModelAlive: it lives, so it was noise", [...unnoticed, "2300 clock.rang", REFUSED, "9000 clock.rang"], []],
  ["onModelAlive: and is noise from then on", [...unnoticed, "2300 clock.rang", REFUSED, loud(3_000), "9000 clock.rang"], []],
  [
    "onModelAlive: until speech is heard",
    [
      ...unnoticed,
      "2300 clock.rang",
      REFUSED,
      "3000 model.speechStarted",
      "3100 model.speechStopped",
      "3200 model.audio responseId=r2 itemId=a2 payload=M120",
      "3300 model.responseDone responseId=r2",
      "3400 caller.markReturned name=v2",
      loud(4_000),
      "6000 clock.rang",
    ],
    ASKED,
  ],
  ["probeModel: 1 ms before its answer must come", [...unnoticed, "2300 clock.rang", "3799 clock.rang"], []],
  ["onSpeechDetectionTimeout: it says nothing", [...unnoticed, "2300 clock.rang", "3800 clock.rang"], ["caller.playFiller", ...GIVEN_UP]],
  [
    "onSpeechDetectionTimeout: a key meanwhile: the model is not given up while that is due",
    [...unnoticed, "400 caller.keyPressed digit=1", "2300 clock.rang"],
    [],
  ],
  ["watchForStop: 1 ms before the end must be noticed", [...speaking, "2899 clock.rang"], ["model.appendAudio silence 1000 ms"]],
  ["watchForStop: the end is not noticed", [...speaking, "1300 clock.rang", "2900 clock.rang"], ASKED],
  ["watchForStop: a loud frame moves the wait", [...speaking, "1300 clock.rang", loud(2_800, 20), "2900 clock.rang"], []],
  [
    "onSpeechDetectionTimeout: nor does it answer: a sound at once, for the caller has waited",
    [...speaking, "2900 clock.rang", "4400 clock.rang"],
    SOUNDED,
  ],
  ["watchForStop: the end is noticed", [...speaking, "1300 clock.rang", "2000 model.speechStopped", "2900 clock.rang"], []],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastOrders(...lines), orders));

test("noticeStop: what the caller has waited counts from their last loud frame", () => {
  const record = lastOrders(...speaking, "2900 clock.rang", "4400 clock.rang", "5000 caller.stopped").find((each) =>
    each.startsWith("record.save"),
  );
  assertEquals(record?.split(", ")[2], "waited 4600 ms");
});

test("onModelLost: what sessions are lost of whenever they hear it is heard by three, and then the caller is told in words", () => {
  const again = (atMs: number): readonly string[] => [
    `${atMs + 50} model.speechStarted`,
    `${atMs + 60} model.lost`,
    `${atMs + 2_100} clock.rang`,
    `${atMs + 2_110} model.opened`,
    `${atMs + 2_120} model.ready`,
  ];
  const lines = [...greeted, "280 caller.audio", ...again(300), ...again(3_000)];
  assertEquals(lastOrders(...lines), ["model.appendAudio C 20 ms", "log debug model.ready"]);
  const last = lastOrders(...lines, "6000 model.speechStarted", "6010 model.lost");
  assertEquals(last, ["log warning model.lost", "log error call.givenUp", "alert modelFailed", "caller.close"]);
  // A dial that fails has heard nothing: the caller's patience counts, not the losses.
  assertEquals(lastOrders(...lines.slice(0, -2), "5110 model.lost failure=refused"), ["log warning model.lost"]);
});
