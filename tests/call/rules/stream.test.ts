// The caller's stream: started, started again, lost; and what the caller who missed a reply gets on the next stream.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, greetingRequested, lastEffects, replying } from "../call-script.ts";

const ASK = "9000 caller.nextRequested callStatus=in-progress";

const cases: readonly (readonly [promise: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["onStreamStarted: the first", ["0 caller.started"], ["log info call.started", "model.dial 1"]],
  ["onStreamStarted: the same stream again", [...greeted, "300 caller.started"], []],
  [
    "onStreamStarted: in another format",
    ["0 caller.started encoding=audio/l16"],
    ["log error call.givenUp", "alert unsupportedFormat", "caller.close"],
  ],
  ["onStreamStarted: after the end", [...greeted, "300 caller.stopped", "310 caller.started epoch=MZ2"], []],
  ["onStreamStarted: while leaving", [...greeted, "300 operator.drained", "310 caller.started epoch=MZ2"], ["caller.close"]],
  ["onStreamStopped: another stream", [...greeted, "300 caller.stopped epoch=MZ9"], []],
  ["onDisconnected: not closed by voice", [...greeted, "300 caller.disconnected code=1000"], ["log warning stream.lost"]],
  ["onDisconnected: twice", [...greeted, "300 caller.disconnected", "310 caller.disconnected"], []],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastEffects(...lines), orders));

const missed: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["nothing was playing or due: nothing", greeted, []],
  ["a reply was playing: requested again", [...replying, "1180 model.responseDone responseId=r2"], ["model.respond voice_respond_2"]],
  ["a reply was due: requested", [...greeted, "300 model.speechStarted", "900 model.speechStopped"], ["model.respond voice_respond_2"]],
  ["the greeting was requested: it is on its way", greetingRequested, []],
  [
    "the greeting had started: requested once the cancelled one is done",
    [...greetingRequested, "30 model.responseStarted responseId=r1"],
    [],
  ],
];
for (const [what, lines, orders] of missed) {
  test(`loseStream: ${what}`, () =>
    assertEquals(lastEffects(...lines, "2000 caller.disconnected", ASK, "9100 caller.started epoch=MZ2"), orders));
}
