// Events of the caller leg, each in the states that matter.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, lastOrders } from "../call-script.ts";

const bad = (line: string): string => `${line} caller.frameRejected bad=broken`;
const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["startStream: the first", ["0 caller.started"], ["log info call.started", "model.dial 1"]],
  ["startStream: the same again", [...greeted, "300 caller.started"], []],
  [
    "startStream: of another kind of audio",
    ["0 caller.started encoding=audio/l16"],
    ["log error call.givenUp", "alert unsupportedFormat", "caller.close"],
  ],
  ["startStream: after the end", [...greeted, "300 caller.stopped", "310 caller.started epoch=MZ2"], []],
  ["startStream: while leaving", [...greeted, "300 operator.drained", "310 caller.started epoch=MZ2"], ["caller.close"]],
  ["takeAudio: of the stream", [...greeted, "300 caller.audio payload=A20"], ["model.appendAudio A 20 ms"]],
  [
    "takeAudio: frames of any length",
    [...greeted, "300 caller.audio payload=A1", "301 caller.audio payload=B60"],
    ["model.appendAudio B 60 ms"],
  ],
  ["takeAudio: of another stream", [...greeted, "300 caller.audio epoch=MZ9"], []],
  ["takeAudio: a second time", [...greeted, "300 caller.audio sequence=9", "300 caller.audio sequence=9"], []],
  ["takeKey: a second time", [...greeted, "300 caller.keyPressed digit=1 sequence=9", "300 caller.keyPressed digit=1 sequence=9"], []],
  [
    "takeKey: told in words, then asked",
    [...greeted, "300 caller.keyPressed digit=*"],
    ['model.addMessage 1 user "The caller pressed *."', "model.respond voice_respond_2"],
  ],
  ["takeBad: the first is told of", [...greeted, bad("300")], ["log warning caller.frameRejected"]],
  ["takeBad: the second is counted", [...greeted, bad("300"), bad("310")], []],
  ["takeStop: of another stream", [...greeted, "300 caller.stopped epoch=MZ9"], []],
  ["takeLeave: not by us", [...greeted, "300 caller.disconnected code=1000"], ["log warning stream.lost"]],
  ["takeLeave: twice", [...greeted, "300 caller.disconnected", "310 caller.disconnected"], []],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastOrders(...lines), orders));
