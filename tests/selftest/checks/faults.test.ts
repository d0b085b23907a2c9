// The checks of what breaks, on evidence that passes and on each thing that must not.

import { test } from "bun:test";
import { busyMended, modelKeyTold, prewarmSaves } from "../../../src/selftest/checks/faults.ts";
import type { LineEvent, TelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import { assertVerdict, heardPieces, madeCall, madeEvidence, madeStream } from "./made.ts";

const words = (atMs: number): LineEvent => ({ kind: "words", atMs, text: "Sorry.", language: undefined });
const error: LineEvent = { kind: "applicationError", atMs: 1, text: "We are sorry", twilioCode: 11200 };
const ended = (by: "caller" | "server") => ({ atMs: 9_000, by, cause: by === "caller" ? "hungUp" : "hangup" }) as const;
const answered = { answeredAtMs: 1_000, placedAtMs: 990 };

const toldCall = (fields: Partial<TelephoneCall>) => madeCall({ ...answered, line: [words(2_000)], end: ended("server"), ...fields });
for (const [why, verdict, call] of [
  ["a sentence, then the end", "passed", toldCall({})],
  ["silence", "failed", toldCall({ line: [] })],
  ["two sentences", "failed", toldCall({ line: [words(2_000), words(3_000)] })],
  ["the application error", "failed", toldCall({ line: [words(2_000), error] })],
  ["a sentence after 12 s", "failed", toldCall({ line: [words(13_000)] })],
  ["the caller gave up", "failed", toldCall({ end: ended("caller") })],
  ["no end", "failed", toldCall({ end: undefined })],
] as const) {
  test(`fault.model-key: ${why}: ${verdict}`, () => assertVerdict(modelKeyTold, madeEvidence({ call }), verdict));
}

const reply = Uint8Array.from({ length: 320 }, (_, at) => at % 200);
const noise = new Uint8Array(160).fill(7);
const heardAt = (atMs: number, ...pieces: readonly Uint8Array[]) => [madeStream({ heard: heardPieces(atMs, ...pieces) })];
const mendedCall = (fields: Partial<TelephoneCall>) =>
  madeCall({ ...answered, streams: heardAt(2_000, noise, reply.subarray(0, 100), reply.subarray(100)), end: ended("caller"), ...fields });
for (const [why, verdict, call] of [
  ["the reply, whole, after another sound", "passed", mendedCall({})],
  ["on a second stream", "passed", mendedCall({ streams: [...heardAt(2_000, noise), ...heardAt(3_000, reply)] })],
  ["the reply cut off", "failed", mendedCall({ streams: heardAt(2_000, reply.subarray(0, 300)) })],
  ["the reply with something in it", "failed", mendedCall({ streams: heardAt(2_000, reply.subarray(0, 100), noise, reply.subarray(100)) })],
  ["nothing", "failed", mendedCall({ streams: [madeStream()] })],
  ["the reply after 12 s", "failed", mendedCall({ streams: heardAt(13_000, reply) })],
  ["words", "failed", mendedCall({ line: [words(1)] })],
  ["the application error", "failed", mendedCall({ line: [error] })],
  ["the server ended it", "failed", mendedCall({ end: ended("server") })],
] as const) {
  test(`fault.model-busy: ${why}: ${verdict}`, () => assertVerdict(busyMended, { ...madeEvidence({ call }), reply }, verdict));
}

const greeted = (atMs: number, sound = reply) =>
  madeEvidence({
    replies: [reply],
    call: madeCall({ streams: [madeStream({ openedAtMs: 1_000, heard: heardPieces(atMs, sound.subarray(0, 120)) })] }),
  });
for (const [why, verdict, warm, cold] of [
  ["sooner", "passed", greeted(1_150), greeted(1_400)],
  ["later is told, not judged", "passed", greeted(1_400), greeted(1_150)],
  ["another sound", "failed", greeted(1_150, noise), greeted(1_150)],
  ["not heard", "failed", madeEvidence({ replies: [reply] }), greeted(1_150)],
] as const) {
  test(`prewarm.saves: ${why}: ${verdict}`, () => assertVerdict(prewarmSaves, { warm, cold, lagMs: 120, startMs: 36 }, verdict));
}
