// The checks of a call's end, on evidence that passes and on each way to fail.

import { test } from "bun:test";
import { badFramesSurvived, type Leftovers, stopNoLeak, streamResumed } from "../../../src/selftest/checks/hang-up.ts";
import { assertVerdict, frame, heardPieces, madeCall, madeEvidence, madeStream } from "./made.ts";

const nothing: Leftovers = { calls: 0, callerSockets: 0, modelSockets: 0, timers: 0, records: new Map([["CA1", 1]]), callSids: ["CA1"] };
for (const [why, verdict, leftovers] of [
  ["nothing", "passed", nothing],
  ["a call", "failed", { ...nothing, calls: 1 }],
  ["a caller's socket", "failed", { ...nothing, callerSockets: 1 }],
  ["a model's socket", "failed", { ...nothing, modelSockets: 1 }],
  ["a timer", "failed", { ...nothing, timers: 1 }],
  ["no record", "failed", { ...nothing, records: new Map() }],
  ["two records", "failed", { ...nothing, records: new Map([["CA1", 2]]) }],
  ["no call was accepted", "failed", { ...nothing, callSids: [] }],
] as const) {
  test(`stop.no-leak: ${why}: ${verdict}`, () => assertVerdict(stopNoLeak, leftovers, verdict));
}

const heard = heardPieces(0, new Uint8Array(80));
const broken = { atMs: 2, by: "network", code: 1006, reason: "" } as const;
const records = [{ counts: { heardMs: 10 } }];
const both = [madeStream({ heard, end: broken }), madeStream({ id: 2, heard })];
const lost = madeEvidence({ call: madeCall({ streams: both }), records });
for (const [why, verdict, evidence] of [
  ["heard on both streams", "passed", lost],
  ["one stream", "failed", { ...lost, call: madeCall({ streams: both.slice(0, 1) }) }],
  ["silence on the second", "failed", { ...lost, call: madeCall({ streams: [...both.slice(0, 1), madeStream({ id: 2 })] }) }],
  ["the first did not break", "failed", { ...lost, call: madeCall({ streams: [madeStream({ heard }), ...both.slice(1)] }) }],
  ["another model session", "failed", { ...lost, sessions: [...lost.sessions, ...lost.sessions] }],
  ["two records", "failed", { ...lost, records: [...records, ...records] }],
] as const) {
  test(`stream.resumed: ${why}: ${verdict}`, () => assertVerdict(streamResumed, evidence, verdict));
}

const received = [frame(1, { type: "input_audio_buffer.append", audio: "AAAA" })];
const closed = { atMs: 2, by: "server", code: 1003, reason: "" } as const;
const replies = [new Uint8Array(40), new Uint8Array(40)];
const answered = madeEvidence({
  call: madeCall({ streams: [madeStream({ heard })] }),
  sessions: [{ received, delivered: [] }],
  replies,
});
for (const [why, verdict, evidence, badFrames] of [
  ["answered", "passed", answered, 7],
  ["none was sent: the test is wrong", "failed", answered, 0],
  ["the server closed the stream", "failed", { ...answered, call: madeCall({ streams: [madeStream({ heard, end: closed })] }) }, 7],
  ["not answered", "failed", { ...answered, replies: [new Uint8Array(80)] }, 7],
  ["the model heard nothing", "failed", { ...answered, sessions: [] }, 7],
] as const) {
  test(`bad-frames.survived: ${why}: ${verdict}`, () => assertVerdict(badFramesSurvived, { ...evidence, badFrames }, verdict));
}
