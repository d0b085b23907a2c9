// The checks of failures, on evidence that passes and on each way to fail.

import { test } from "bun:test";
import { modelBusyRecovered, modelKeyApology, prewarmSaves } from "../../../src/selftest/checks/failures.ts";
import type { LineEvent, TelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import { assertVerdict, heardPieces, madeCall, madeEvidence, madeStream } from "./made.ts";

const words = (atMs: number): LineEvent => ({ kind: "say", atMs, text: "Sorry.", language: undefined });
const error: LineEvent = { kind: "applicationError", atMs: 1, text: "We are sorry", twilioCode: 11200 };
const ended = (by: "caller" | "server") => ({ atMs: 9_000, by, cause: by === "caller" ? "hungUp" : "hangup" }) as const;
const answered = { answeredAtMs: 1_000, placedAtMs: 990 };

const apologyCall = (fields: Partial<TelephoneCall>) => madeCall({ ...answered, line: [words(2_000)], end: ended("server"), ...fields });
for (const [why, verdict, call] of [
  ["a message, then the end", "passed", apologyCall({})],
  ["silence", "failed", apologyCall({ line: [] })],
  ["two messages", "failed", apologyCall({ line: [words(2_000), words(3_000)] })],
  ["the application error", "failed", apologyCall({ line: [words(2_000), error] })],
  ["a message after 12 s", "failed", apologyCall({ line: [words(13_000)] })],
  ["the caller gave up", "failed", apologyCall({ end: ended("caller") })],
  ["no end", "failed", apologyCall({ end: undefined })],
] as const) {
  test(`fault.model-key: ${why}: ${verdict}`, () => assertVerdict(modelKeyApology, madeEvidence({ call }), verdict));
}

const reply = Uint8Array.from({ length: 320 }, (_, at) => at % 200);
const noise = new Uint8Array(160).fill(7);
const heardAt = (atMs: number, ...pieces: readonly Uint8Array[]) => [madeStream({ heard: heardPieces(atMs, ...pieces) })];
const recoveredCall = (fields: Partial<TelephoneCall>) =>
  madeCall({ ...answered, streams: heardAt(2_000, noise, reply.subarray(0, 100), reply.subarray(100)), end: ended("caller"), ...fields });
for (const [why, verdict, call] of [
  ["the whole reply, after another sound", "passed", recoveredCall({})],
  ["on a second stream", "passed", recoveredCall({ streams: [...heardAt(2_000, noise), ...heardAt(3_000, reply)] })],
  ["the reply cut off", "failed", recoveredCall({ streams: heardAt(2_000, reply.subarray(0, 300)) })],
  [
    "the reply with something in it",
    "failed",
    recoveredCall({ streams: heardAt(2_000, reply.subarray(0, 100), noise, reply.subarray(100)) }),
  ],
  ["nothing", "failed", recoveredCall({ streams: [madeStream()] })],
  ["the reply after 12 s", "failed", recoveredCall({ streams: heardAt(13_000, reply) })],
  ["a message", "failed", recoveredCall({ line: [words(1)] })],
  ["the application error", "failed", recoveredCall({ line: [error] })],
  ["the server ended it", "failed", recoveredCall({ end: ended("server") })],
] as const) {
  test(`fault.model-busy: ${why}: ${verdict}`, () => assertVerdict(modelBusyRecovered, { ...madeEvidence({ call }), reply }, verdict));
}

const greeted = (atMs: number, sound = reply) =>
  madeEvidence({
    replies: [reply],
    call: madeCall({ streams: [madeStream({ openedAtMs: 1_000, heard: heardPieces(atMs, sound.subarray(0, 120)) })] }),
  });
for (const [why, verdict, warm, cold] of [
  ["sooner", "passed", greeted(1_150), greeted(1_400)],
  ["later is not judged", "passed", greeted(1_400), greeted(1_150)],
  ["another sound", "failed", greeted(1_150, noise), greeted(1_150)],
  ["not heard", "failed", madeEvidence({ replies: [reply] }), greeted(1_150)],
] as const) {
  test(`prewarm.saves: ${why}: ${verdict}`, () => assertVerdict(prewarmSaves, { warm, cold, lagMs: 120, startMs: 36 }, verdict));
}
