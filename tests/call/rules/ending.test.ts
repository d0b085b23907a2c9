// How calls end: one record, one log line, one call.ended, and every socket closed.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { step } from "../../../src/call/call.ts";
import { finish, leave } from "../../../src/call/rules/ending.ts";
import { newCall } from "../../../src/call/state.ts";
import { greeted, greetingRequested, lastEffects, playedSteps, replying, scriptIdentity, scriptSettings } from "../call-script.ts";

const record = "record.save caller hangup";
const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  [
    "before the stream started",
    ["0 caller.streamRequested", "10 caller.statusReported callStatus=completed"],
    [`${record}, none, waited 0 ms, no turn`, "log info call.ended", "call.ended caller hangup"],
  ],
  [
    "while both legs are open",
    [...greeted, "300 caller.stopped"],
    ["model.close 1", "caller.close", `${record}, none, waited 40 ms, greeting 20 ms`, "log info call.ended", "call.ended caller hangup"],
  ],
  [
    "while the model is being redialled: no connection to close",
    [...greetingRequested, "30 model.lost", "40 caller.stopped"],
    ["caller.close", `${record}, recovered, waited 40 ms, greeting unanswered`, "log info call.ended", "call.ended caller hangup"],
  ],
  [
    "after the stream was lost: no stream to close",
    [...greeted, "300 caller.disconnected", "310 caller.statusReported callStatus=completed"],
    ["model.close 1", `${record}, none, waited 40 ms, greeting 20 ms`, "log info call.ended", "call.ended caller hangup"],
  ],
  ["by the operator", [...greeted, "300 operator.drained"], ["log info call.givenUp", "model.close 1", "caller.close"]],
  [
    "leaving, and the caller hangs up",
    [...greeted, "300 operator.drained", "310 caller.statusReported callStatus=completed"],
    ["record.save operator drained (31921), apology, waited 40 ms, greeting 20 ms", "log info call.ended", "call.ended operator drained"],
  ],
  ["by the operator, twice", [...greeted, "300 operator.drained", "310 operator.drained"], []],
  ["twice", [...greeted, "300 caller.stopped", "310 caller.stopped"], []],
  [
    "leaving, and Twilio does not ask",
    [...greeted, "300 operator.drained", "10300 clock.rang"],
    ["record.save operator drained (31921), apology, waited 40 ms, greeting 20 ms", "log info call.ended", "call.ended operator drained"],
  ],
];
for (const [what, lines, orders] of cases) test(`finish: ${what}`, () => assertEquals(lastEffects(...lines), orders));

test("finish: the record and the log line agree, in whole milliseconds", () => {
  const orders = lastEffects(...replying, "2000.6 caller.stopped");
  assertEquals(orders[2], "record.save caller hangup, none, waited 110 ms, greeting 20 ms; speech 110 ms");
  const call = newCall(scriptIdentity, scriptSettings, 5);
  const { effects } = finish({ call, effects: [] }, 9.7, { by: "network", cause: "streamNeverStarted" });
  const counts = {
    framesReceived: 0,
    framesRepeated: 0,
    paddedMs: 0,
    badFrames: 0,
    badEvents: 0,
    modelErrors: 0,
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
        costUsd: 0,
        transfers: [],
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
        costUsd: 0,
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

test("finish: the call forgets what was said, and still knows how it ended and what Twilio gets", () => {
  const said = playedSteps([...replying, "2000 operator.drained"].join("\n")).at(-1)?.after;
  assert(said !== undefined && said.history.length > 0 && said.turns.turns.length > 0);
  const { call } = finish({ call: said, effects: [] }, 2_010, { by: "operator", cause: "drained" });
  const { history, turns, responses, tools, playout } = newCall(scriptIdentity, scriptSettings, 0);
  assertEquals(call, { ...call, history, turns, responses, tools, playout });
  assertEquals([call.end, call.next, call.tally], [{ by: "operator", cause: "drained" }, said.next, said.tally]);
});

test("leave: the first reason stands", () => {
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
