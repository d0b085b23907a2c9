// The caller's wait, and when fillers are played.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { beginWait, endWait } from "../../../src/call/rules/caller-wait.ts";
import { newCall, type Step } from "../../../src/call/state.ts";
import { greeted, greetingRequested, lastEffects, replying, scriptIdentity, scriptSettings } from "../call-script.ts";

const DIALLED = ["300 model.lost", "400 clock.rang"];
/** Everything with a mark was heard; the last 40 ms sent have none. */
const STALLED = [...replying, "1300 caller.markReturned name=v4", "6010 clock.rang"];
const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["scheduleFiller: not at once", [...greeted, ...DIALLED, "1799 clock.rang"], []],
  ["scheduleFiller: after a moment", [...greeted, ...DIALLED, "1800 clock.rang"], ["caller.playFiller"]],
  ["scheduleFiller: for the first dial too", ["0 caller.started", "1500 clock.rang"], ["caller.playFiller"]],
  ["scheduleFiller: not before a stream has started", ["0 caller.streamRequested prewarm=yes", "1500 clock.rang"], []],
  ["scheduleFiller: not for a lost stream", [...greeted, ...DIALLED, "500 caller.disconnected", "1800 clock.rang"], []],
  [
    "scheduleFiller: at once for a caller who has waited long already",
    [...greetingRequested, "4000 model.lost", "4000 clock.rang"],
    ["caller.playFiller"],
  ],
  ["onFillerDue: not a second one at once", [...greeted, ...DIALLED, "1800 clock.rang", "4799 clock.rang"], []],
  ["onFillerDue: a second one later", [...greeted, ...DIALLED, "1800 clock.rang", "4800 clock.rang"], ["caller.playFiller"]],
  ["onFillerDue: none after recovery", [...greeted, ...DIALLED, "500 model.opened", "600 model.ready", "1800 clock.rang"], []],
  [
    "onFillerDue: more, until a second connection gives the reply that the first did not",
    [...greetingRequested, "8020 clock.rang", "8120 clock.rang", "8130 model.opened", "8140 model.ready", "11020 clock.rang"],
    ["caller.playFiller"],
  ],
  ["onFillerDue: none while the model still plays", [...replying, "1180 model.lost", "1300 clock.rang", "2680 clock.rang"], []],
  [
    "onFillerDue: soon after it was heard",
    [...replying, "1180 model.lost", "1300 clock.rang", "2680 clock.rang", "2700 caller.markReturned name=v5", "4180 clock.rang"],
    ["caller.playFiller"],
  ],
  [
    "onFillerDue: at once for a model that fell silent, when its audio was heard",
    STALLED,
    ["log warning model.abandoned", "model.close 1", "caller.playFiller", "caller.mark v5"],
  ],
  [
    "onFillerDue: none while the caller speaks",
    [
      ...greetingRequested,
      "30 model.responseDone status=failed code=rate_limit_exceeded",
      "40 model.speechStarted",
      "45 caller.audio",
      "1530 caller.audio",
      "1535 clock.rang",
    ],
    [],
  ],
];
for (const [what, lines, orders] of cases) test(what, () => assertEquals(lastEffects(...lines), orders));

test("beginWait, endWait: from the first thing due to the first thing heard; the longest wait counts", () => {
  const start: Step = { call: newCall(scriptIdentity, scriptSettings, 0), effects: [] };
  const waited = [
    [100, 150],
    [1_000, 4_000.4],
    [5_000, 5_001],
  ].reduce((step, [fromMs = 0, toMs = 0]) => endWait(beginWait(beginWait(step, fromMs), fromMs + 1), toMs), start);
  assertEquals(waited.call.callerWait, { sinceMs: undefined, longestMs: 3_000 });
  assertEquals(endWait(waited, 9_000).call.callerWait, waited.call.callerWait);
});

test("onStallTimeout: the caller's wait counts from the model's last audio", () => {
  const orders = lastEffects(...STALLED, "6100 caller.stopped");
  assertEquals(
    orders
      .find((each) => each.startsWith("record.save"))
      ?.split(", ")
      .slice(1, 3),
    ["recovered", "waited 5090 ms"],
  );
});
