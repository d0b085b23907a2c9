// Endings: one record, one line, one end, and sockets closed in the order in which the caller notices least.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { step } from "../../../src/call/call.ts";
import { finish, leave } from "../../../src/call/rules/ending.ts";
import { newCall } from "../../../src/call/state.ts";
import { asked, greeted, lastOrders, replying, scriptIdentity, scriptSettings } from "../call-script.ts";

const record = "record.save caller hangup";
const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  [
    "before the stream came",
    ["0 caller.streamRequested", "10 caller.statusReported callStatus=completed"],
    [`${record}, none, waited 0 ms, no turn`, "log info call.ended", "call.ended caller hangup"],
  ],
  [
    "while all is open",
    [...greeted, "300 caller.stopped"],
    ["model.close 1", "caller.close", `${record}, none, waited 40 ms, greeting 20 ms`, "log info call.ended", "call.ended caller hangup"],
  ],
  [
    "while the model is waited for: nothing to close there",
    [...asked, "30 model.lost", "40 caller.stopped"],
    ["caller.close", `${record}, recovered, waited 40 ms, greeting unanswered`, "log info call.ended", "call.ended caller hangup"],
  ],
  [
    "after the stream was lost: nothing to close there",
    [...greeted, "300 caller.disconnected", "310 caller.statusReported callStatus=completed"],
    ["model.close 1", `${record}, none, waited 40 ms, greeting 20 ms`, "log info call.ended", "call.ended caller hangup"],
  ],
  ["by our own choice", [...greeted, "300 operator.drained"], ["log info call.givenUp", "model.close 1", "caller.close"]],
  [
    "planned, and the caller hangs up before",
    [...greeted, "300 operator.drained", "310 caller.statusReported callStatus=completed"],
    ["record.save operator drained (31921), apology, waited 40 ms, greeting 20 ms", "log info call.ended", "call.ended operator drained"],
  ],
  ["by our own choice, twice", [...greeted, "300 operator.drained", "310 operator.drained"], []],
  ["twice", [...greeted, "300 caller.stopped", "310 caller.stopped"], []],
  [
    "planned, and nobody asks",
    [...greeted, "300 operator.drained", "10300 clock.rang"],
    ["record.save operator drained (31921), apology, waited 40 ms, greeting 20 ms", "log info call.ended", "call.ended operator drained"],
  ],
];
for (const [what, lines, orders] of cases) test(`finish: ${what}`, () => assertEquals(lastOrders(...lines), orders));

test("finish: the record and the line tell the same, in whole milliseconds", () => {
  const orders = lastOrders(...replying, "2000.6 caller.stopped");
  assertEquals(orders[2], "record.save caller hangup, none, waited 110 ms, greeting 20 ms; speech 110 ms");
  const call = newCall(scriptIdentity, scriptSettings, 5);
  const { effects } = finish({ call, effects: [] }, 9.7, { by: "network", cause: "streamNeverStarted" });
  const counts = {
    framesReceived: 0,
    framesRepeated: 0,
    paddedMs: 0,
    badFrames: 0,
    badEvents: 0,
    sentMs: 0,
    heardMs: 0,
    bargeIns: 0,
    modelDials: 0,
    resumes: 0,
  };
  const end = { by: "network", cause: "streamNeverStarted" } as const;
  assertEquals(effects, [
    {
      type: "record.save",
      record: {
        identity: scriptIdentity,
        createdAtMs: 5,
        startedAtMs: undefined,
        endedAtMs: 9.7,
        end,
        fallback: "none",
        longestWaitMs: 0,
        twilioCode: 31_920,
        turns: [],
        counts,
      },
    },
    {
      type: "log",
      level: "warning",
      event: "call.ended",
      fields: {
        callSid: "CA1",
        ...end,
        twilioCode: 31_920,
        fallback: "none",
        longestWaitMs: 0,
        talkMs: 0,
        turns: 0,
        latencyP50Ms: undefined,
        ...counts,
      },
    },
    { type: "call.ended", end },
  ]);
});

test("leave: what was planned first stands", () => {
  const call = newCall(scriptIdentity, scriptSettings, 0);
  const left = leave({ call, effects: [] }, 0, { by: "operator", cause: "drained" }, { type: "say", sentence: "draining" });
  const again = leave(left, 1, { by: "server", cause: "bug" }, { type: "say", sentence: "apology" });
  assertEquals(again, left);
  assertEquals(
    step(again.call, { type: "caller.nextRequested", atMs: 2, callStatus: "in-progress", dialCallStatus: undefined }).effects.at(-1),
    {
      type: "after.answer",
      next: { type: "say", sentence: "draining" },
    },
  );
});
