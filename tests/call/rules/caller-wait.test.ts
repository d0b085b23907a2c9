// The caller's wait and its sounds: when there is one, when there is none, and when the next one comes.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { beginWait, endWait } from "../../../src/call/rules/caller-wait.ts";
import { newCall, type Step } from "../../../src/call/state.ts";
import { asked, greeted, lastOrders, replying, scriptIdentity, scriptSettings } from "../call-script.ts";

const DIALLED = ["300 model.lost", "400 clock.rang"];
/** Everything that has a mark is heard; the last 40 ms of what was sent have none. */
const STALLED = [...replying, "1300 caller.markReturned name=v4", "6010 clock.rang"];
const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["scheduleFiller: not at once", [...greeted, ...DIALLED, "1799 clock.rang"], []],
  ["scheduleFiller: after a moment", [...greeted, ...DIALLED, "1800 clock.rang"], ["caller.playFiller"]],
  ["scheduleFiller: of the first dial too", ["0 caller.started", "1500 clock.rang"], ["caller.playFiller"]],
  ["scheduleFiller: not for a stream that is not there", ["0 caller.streamRequested prewarm=yes", "1500 clock.rang"], []],
  ["scheduleFiller: not for one that is lost", [...greeted, ...DIALLED, "500 caller.disconnected", "1800 clock.rang"], []],
  ["scheduleFiller: at once for who has waited long already", [...asked, "4000 model.lost", "4000 clock.rang"], ["caller.playFiller"]],
  ["onFillerDue: not a second one at once", [...greeted, ...DIALLED, "1800 clock.rang", "4799 clock.rang"], []],
  ["onFillerDue: a second one later", [...greeted, ...DIALLED, "1800 clock.rang", "4800 clock.rang"], ["caller.playFiller"]],
  ["onFillerDue: none when it is mended", [...greeted, ...DIALLED, "500 model.opened", "600 model.ready", "1800 clock.rang"], []],
  [
    "onFillerDue: on, until a second connection says what the first did not",
    [...asked, "8020 clock.rang", "8120 clock.rang", "8130 model.opened", "8140 model.ready", "11020 clock.rang"],
    ["caller.playFiller"],
  ],
  ["onFillerDue: none while the model's words still play", [...replying, "1180 model.lost", "1300 clock.rang", "2680 clock.rang"], []],
  [
    "onFillerDue: once they are heard, soon",
    [...replying, "1180 model.lost", "1300 clock.rang", "2680 clock.rang", "2700 caller.markReturned name=v5", "4180 clock.rang"],
    ["caller.playFiller"],
  ],
  [
    "onFillerDue: at once for a model that fell silent, and whose words are heard",
    STALLED,
    ["log warning model.abandoned", "model.close 1", "caller.playFiller", "caller.mark v5"],
  ],
  [
    "onFillerDue: none while the caller speaks",
    [
      ...asked,
      "30 model.responseDone status=failed code=rate_limit_exceeded",
      "40 model.speechStarted",
      "45 caller.audio",
      "1530 caller.audio",
      "1535 clock.rang",
    ],
    [],
  ],
];
for (const [what, lines, orders] of cases) test(what, () => assertEquals(lastOrders(...lines), orders));

test("beginWait, endWait: from the first of what is due to the first sound, the longest counts", () => {
  const start: Step = { call: newCall(scriptIdentity, scriptSettings, 0), effects: [] };
  const waited = [
    [100, 150],
    [1_000, 4_000.4],
    [5_000, 5_001],
  ].reduce((step, [fromMs = 0, toMs = 0]) => endWait(beginWait(beginWait(step, fromMs), fromMs + 1), toMs), start);
  assertEquals(waited.call.callerWait, { sinceMs: undefined, longestMs: 3_000 });
  assertEquals(endWait(waited, 9_000).call.callerWait, waited.call.callerWait);
});

test("record: what a model that fell silent made the caller wait counts from its last sound", () => {
  const orders = lastOrders(...STALLED, "6100 caller.stopped");
  assertEquals(
    orders
      .find((each) => each.startsWith("record.save"))
      ?.split(", ")
      .slice(1, 3),
    ["recovered", "waited 5090 ms"],
  );
});
