// Roll-over: when the successor is dialled, when it takes over, and what happens when it is lost.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, lastEffects } from "../call-script.ts";

/** 55 minutes after the model was ready, at 20 ms. */
const OLD = [...greeted, "3300020 clock.rang"];
const READY = [...OLD, "3300100 model.opened epoch=2", "3300200 model.ready epoch=2"];
const SPEAKING = [...OLD, "3300050 model.speechStarted itemId=u1"];
const TAKEN = ["model.close 1", "log info model.rolledOver"];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["onRollOverDue: not 1 ms before", [...greeted, "3300019 clock.rang"], []],
  ["onRollOverDue: when the session is old", OLD, ["model.dial 2"]],
  ["onRollOverDue: not while the model is being redialled", [...greeted, "3300000 model.lost", "3300020 clock.rang"], []],
  ["onRollOverDue: one that says nothing is closed", [...OLD, "3330020 clock.rang"], ["log warning model.successorLost", "model.close 2"]],
  ["onRollOverDue: and another is dialled", [...OLD, "3330020 clock.rang", "3360020 clock.rang"], ["model.dial 3"]],
  [
    "onRollOverDue: one that is ready waits as long as it takes",
    [...SPEAKING, ...READY.slice(-2), "3330020 caller.audio", "3330030 clock.rang"],
    [],
  ],
  ["onSuccessorEvent: configured beside the current session", [...OLD, "3300100 model.opened epoch=2"], ["model.configure 2"]],
  ["onSuccessorEvent: configured once", [...OLD, "3300100 model.opened epoch=2", "3300110 model.opened epoch=2"], []],
  ["onSuccessorEvent: ready before it was opened is ignored", [...OLD, "3300100 model.ready epoch=2"], []],
  ["onSuccessorEvent: ready between two turns", READY, TAKEN],
  [
    "onSuccessorEvent: dropped for another format",
    [...OLD, "3300100 model.opened epoch=2", "3300200 model.ready epoch=2 outputFormat=audio/pcm"],
    ["log warning model.successorLost", "model.close 2"],
  ],
  [
    "onSuccessorEvent: dropped for an error",
    [...OLD, "3300100 model.opened epoch=2", "3300200 model.errorReported epoch=2 code=invalid_api_key"],
    ["log warning model.successorLost", "model.close 2"],
  ],
  ["onSuccessorEvent: its audio is ignored", [...SPEAKING, ...READY.slice(-2), "3300300 model.audio epoch=2"], []],
  ["onSuccessorEvent: lost", [...OLD, "3300100 model.lost epoch=2"], ["log warning model.successorLost"]],
  ["onSuccessorEvent: lost, and dialled again 30 s later", [...OLD, "3300100 model.lost epoch=2", "3330100 clock.rang"], ["model.dial 3"]],
  ["rollOver: not while the caller speaks", [...SPEAKING, ...READY.slice(-2)], []],
  ["rollOver: not while a reply is due", [...SPEAKING, "3300060 model.speechStopped", ...READY.slice(-2)], []],
  ["rollOver: the next one has its own 55 minutes", [...READY, "6600200 clock.rang"], ["model.dial 3"]],
  [
    "onModelLost: the successor is dropped with the current session",
    [...OLD, "3300100 model.lost"],
    ["log warning model.lost", "log warning model.successorLost", "model.close 2"],
  ],
  [
    "onPrewarmTimeout: both are closed",
    [
      "settings rollOverMs=500",
      "0 caller.streamRequested prewarm=yes",
      "10 model.opened",
      "20 model.ready",
      "520 clock.rang",
      "15000 clock.rang",
    ],
    ["log warning model.successorLost", "model.close 2", "model.close 1"],
  ],
  [
    "finish: both are closed",
    [...OLD, "3300100 operator.drained"],
    ["log info call.givenUp", "model.close 1", "model.close 2", "caller.close"],
  ],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastEffects(...lines), orders));
