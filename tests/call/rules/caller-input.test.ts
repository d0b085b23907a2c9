// What comes in on the caller's stream: frames, marks, keys, and silence for frames that are missing.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, lastEffects } from "../call-script.ts";

const bad = (line: string): string => `${line} caller.frameRejected bad=broken`;
const speaking = [...greeted, "1000 model.speechStarted itemId=u1", "1010 caller.audio timestampMs=0"];

const cases: readonly (readonly [promise: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["onCallerAudio: a frame of the stream", [...greeted, "300 caller.audio payload=A20"], ["model.appendAudio A 20 ms"]],
  [
    "onCallerAudio: frames of any length",
    [...greeted, "300 caller.audio payload=A1", "301 caller.audio payload=B60"],
    ["model.appendAudio B 60 ms"],
  ],
  ["onCallerAudio: a frame of another stream", [...greeted, "300 caller.audio epoch=MZ9"], []],
  ["onCallerAudio: a repeated frame", [...greeted, "300 caller.audio sequence=9", "300 caller.audio sequence=9"], []],
  [
    "onKeyPressed: a repeated message",
    [...greeted, "300 caller.keyPressed digit=1 sequence=9", "300 caller.keyPressed digit=1 sequence=9"],
    [],
  ],
  [
    "onKeyPressed: a message, then a request",
    [...greeted, "300 caller.keyPressed digit=*"],
    ['model.addMessage 1 user "The caller pressed *."', "model.respond voice_respond_2"],
  ],
  ["onFrameRejected: the first is logged", [...greeted, bad("300")], ["log warning caller.frameRejected"]],
  ["onFrameRejected: the second is only counted", [...greeted, bad("300"), bad("310")], []],
  ["onGapTimeout: 749 ms without a frame", [...speaking, "1759 clock.rang"], []],
  ["onGapTimeout: 750 ms without a frame", [...speaking, "1760 clock.rang"], ["model.appendAudio silence 1000 ms"]],
  ["onGapTimeout: a frame moves the deadline", [...speaking, "1500 caller.audio", "1760 clock.rang"], []],
  [
    "onGapTimeout: no frame at all since speech began",
    [...greeted, "1000 model.speechStarted itemId=u1", "1750 clock.rang"],
    ["model.appendAudio silence 1000 ms"],
  ],
  ["onGapTimeout: once per gap", [...speaking, "1760 clock.rang", "3499 clock.rang"], []],
  ["onGapTimeout: the caller does not speak", [...greeted, "1010 caller.audio", "5000 clock.rang"], []],
  ["onGapTimeout: the caller has stopped", [...speaking, "1100 model.speechStopped itemId=u1", "1860 clock.rang"], []],
  ["onGapTimeout: the stream is gone", [...speaking, "1100 caller.disconnected", "1860 clock.rang"], []],
  ["onGapTimeout: the model is gone", [...speaking, "1700 model.lost", "1760 clock.rang"], []],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastEffects(...lines), orders));

test("onCallerAudio: silence that was inserted already shortens the gap that the timestamps show", () => {
  assertEquals(lastEffects(...speaking, "1760 clock.rang", "2600 caller.audio timestampMs=1600"), [
    "model.appendAudio silence 580 ms",
    "model.appendAudio C 20 ms",
  ]);
  assertEquals(lastEffects(...speaking, "1760 clock.rang", "2000 caller.audio timestampMs=1000"), ["model.appendAudio C 20 ms"]);
});
