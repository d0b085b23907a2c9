// What happens on a call becomes writes, without what must not be stored.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { MAX_NOTES, MAX_TOOL_CHARS, watchCalls } from "../../../src/adapters/store/watch-calls.ts";
import type { Write } from "../../../src/adapters/store/writes.ts";
import type { CallRecord, TurnRecord } from "../../../src/call/record.ts";
import type { Redaction } from "../../../src/protocol/redaction.ts";
import { began, ended, START_MS } from "./writes.ts";

const identity = { callSid: "CA1", accountSid: "AC1", from: "+14155550100", to: "+12125550199", direction: "inbound" } as const;
const model = { provider: "openai", model: "gpt-realtime-2.1", serverAddress: undefined, serverPort: undefined };

function watched(redact: readonly Redaction[] = []) {
  const writes: Write[] = [];
  const watch = watchCalls({ write: (write) => writes.push(write), redact })({ identity, atMs: START_MS, agent: "reception", model });
  return { writes, watch, later: () => writes.slice(1) };
}

function turn(more: Partial<TurnRecord>): TurnRecord {
  return {
    trigger: "speech",
    triggeredAtMs: START_MS,
    latencyMs: undefined,
    interrupted: false,
    callerText: undefined,
    modelText: undefined,
    ...more,
  };
}

test("watchCalls: a call is stored from its webhook on", () => {
  assertEquals(watched().writes, [began("CA1")]);
});

test("StoredCall: only turns that have changed are written again", () => {
  const { watch, later } = watched();
  const [first, second] = [turn({ callerText: "Hello?" }), turn({})];
  watch.turned?.([first], 0);
  watch.turned?.([first, second], 0);
  watch.turned?.([first, { ...second, modelText: "Hi." }], 0);
  assertEquals(
    later().map((write) => write.type === "call.turned" && [write.index, write.turn.callerText, write.turn.modelText]),
    [
      [0, "Hello?", undefined],
      [1, undefined, undefined],
      [1, undefined, "Hi."],
    ],
  );
});

test("StoredCall: turns keep their number when the call forgets its first ones", () => {
  const { watch, later } = watched();
  watch.turned?.([turn({ callerText: "a" }), turn({ callerText: "b" })], 0);
  watch.turned?.([turn({ callerText: "b" }), turn({ callerText: "c" })], 1);
  assertEquals(
    later().map((write) => write.type === "call.turned" && [write.index, write.turn.callerText]),
    [
      [0, "a"],
      [1, "b"],
      [2, "c"],
    ],
  );
});

test("StoredCall: the end has the last state of the turns, and then the record without them", () => {
  const { watch, later } = watched();
  watch.turned?.([turn({ callerText: "a" }), turn({ callerText: "b" })], 3);
  const { record } = ended("CA1") as { readonly record: CallRecord };
  const turns = [turn({ callerText: "a" }), turn({ callerText: "b", interrupted: true })];
  watch.effect({ type: "record.save", record: { ...record, turns } }, START_MS);
  assertEquals(
    later()
      .slice(2)
      .map((write) => (write.type === "call.turned" ? [write.index, write.turn.interrupted] : write)),
    [[4, true], ended("CA1")],
  );
});

test("StoredCall: tools with what they got and returned, cut at a bound", () => {
  const { watch, later } = watched();
  watch.effect({ type: "tool.run", callId: "fc1", name: "find", arguments: "{}", typed: {} }, START_MS + 1);
  watch.event({ type: "tool.returned", callId: "fc1", output: "x".repeat(MAX_TOOL_CHARS + 1), atMs: START_MS + 2 });
  assertEquals(later(), [
    { type: "tool.ran", callSid: "CA1", callId: "fc1", name: "find", arguments: "{}", atMs: START_MS + 1 },
    { type: "tool.returned", callSid: "CA1", callId: "fc1", output: `${"x".repeat(MAX_TOOL_CHARS)}…`, atMs: START_MS + 2 },
  ]);
});

test("StoredCall: what one wants to know afterwards is noted, as in the log; debug lines are not", () => {
  const { watch, later } = watched();
  watch.event({ type: "caller.keyPressed", atMs: START_MS, epoch: "MZ1", sequence: 1, digit: "5" });
  watch.effect({ type: "caller.flush" }, START_MS);
  watch.effect({ type: "log", level: "warning", event: "model.replaced", fields: { callSid: "CA1", model: 1 } }, START_MS);
  watch.effect({ type: "log", level: "debug", event: "mark.returned", fields: {} }, START_MS);
  watch.effect({ type: "log", level: "info", event: "call.ended", fields: {} }, START_MS);
  assertEquals(
    later().map((write) => write.type === "call.noted" && [write.index, write.name, write.fields]),
    [
      [0, "key.pressed", '{"digit":"5"}'],
      [1, "agent.interrupted", "{}"],
      [2, "model.replaced", '{"model":1}'],
    ],
  );
});

test("StoredCall: a call has at most so many notes", () => {
  const { watch, later } = watched();
  for (let index = 0; index < MAX_NOTES + 5; index += 1) watch.effect({ type: "caller.flush" }, START_MS);
  assertEquals(later().length, MAX_NOTES);
});

test("StoredCall: nothing is queued that must not be stored", () => {
  const { watch, writes } = watched(["cards", "ibans", "emails", "digits"]);
  const secret = "my card is 4111 1111 1111 1111, write to ann@example.com, pin 123456";
  watch.turned?.([turn({ callerText: secret, modelText: secret })], 0);
  watch.effect({ type: "tool.run", callId: "fc1", name: "pay", arguments: JSON.stringify({ secret }), typed: { pin: "123456" } }, START_MS);
  watch.event({ type: "tool.returned", callId: "fc1", output: secret, atMs: START_MS });
  const text = JSON.stringify(writes.slice(1));
  for (const part of ["4111", "ann@", "123456"]) assertEquals(text.includes(part), false, part);
});
