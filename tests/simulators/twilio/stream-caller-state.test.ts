// The helpers that build a caller's step.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { change, count, createStreamCaller, emit, send, sendNumbered } from "../../../src/simulators/twilio/stream-caller-state.ts";

const start = { caller: createStreamCaller({ accountSid: "AC", callSid: "CA", streamSid: "MZ", customParameters: {} }), outputs: [] };

test("sendNumbered: counts from 1, with the stream's SID; send does not count", () => {
  const mark = (order: { sequenceNumber: number; streamSid: string }) => ({ type: "mark", ...order, name: "m" }) as const;
  const { caller, outputs } = sendNumbered(sendNumbered(send(start, { type: "other", event: "x" }), mark), mark);
  assertEquals(caller.sequence, 2);
  assertEquals(outputs.at(-1), { type: "text", text: '{"event":"mark","sequenceNumber":"2","streamSid":"MZ","mark":{"name":"m"}}' });
});

test("count, change, emit: return a new step and leave the old one unchanged", () => {
  const step = emit(change(count(count(start, { framesSent: 2 }), { framesSent: 1, badReceived: 1 }), { frame: 9 }), { type: "close" });
  assertEquals([step.caller.counts.framesSent, step.caller.counts.badReceived, step.caller.frame, step.outputs.length], [3, 1, 9, 1]);
  assertEquals([start.caller.counts.framesSent, start.outputs.length], [0, 0]);
});
