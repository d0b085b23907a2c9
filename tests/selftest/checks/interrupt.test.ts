// The checks of interruptions, on a call with two interruptions made by hand, and on each way to fail.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import {
  findHeardItems,
  heardMs,
  interruptClear,
  interruptTruncate,
  MARK_SPACING_MS,
  marksAccounted,
} from "../../../src/selftest/checks/interrupt.ts";
import type { PlayedAudio } from "../../../src/simulators/twilio/playback.ts";
import { assertVerdict, frame, madeCall, madeEvidence, madeStream } from "./made.ts";

/** Bytes in which no stretch of eight comes twice. */
const bytes = (seed: number, ms: number) =>
  Uint8Array.from({ length: ms * 8 }, (_, at) => (Math.imul(at + seed, 2_654_435_761) >>> 24) & 0xff);
const [one, two] = [bytes(1, 2_000), bytes(100_000, 2_000)];
const delta = (item_id: string, audio: Uint8Array) => frame(1, { type: "response.output_audio.delta", item_id, delta: audio.toBase64() });
const truncate = (item_id: string, audio_end_ms: number) => frame(2, { type: "conversation.item.truncate", item_id, audio_end_ms });
const delivered = [delta("a", one.slice(0, 8_000)), delta("a", one.slice(8_000)), delta("b", two)];
const bothTruncated = [truncate("a", 400), truncate("b", 500)];
/** 500 ms of the first reply are heard, of which 400 before the caller speaks; then 600 of the second, 500 before. */
const firstHeard: PlayedAudio = { atMs: 1_000, bytes: one.slice(0, 4_000) };
const secondHeard: PlayedAudio = { atMs: 2_500, bytes: two.slice(0, 4_800) };

interface Story {
  readonly pieces?: readonly PlayedAudio[];
  readonly received?: typeof bothTruncated;
  readonly cleared?: boolean;
  readonly recordedMs?: number;
}

function story({ pieces = [firstHeard, secondHeard], received = bothTruncated, cleared = true, recordedMs = 900 }: Story) {
  const counts = { clearsReceived: 2 } as never; // the checks read no other count
  const totalMs = pieces.reduce((sum, piece) => sum + piece.bytes.length / 8, 0);
  const line = [
    { kind: "spoke", atMs: 1_400, untilMs: 1_700 },
    { kind: "audio", atMs: 1_000, untilMs: 1_500, cleared, streamId: 1 },
    { kind: "spoke", atMs: 3_000, untilMs: 3_300 },
    { kind: "audio", atMs: 2_500, untilMs: 3_100, cleared: true, streamId: 1 },
  ] as const;
  return madeEvidence({
    call: madeCall({ streams: [madeStream({ heard: { keepMs: 300_000, pieces, totalMs }, counts })], line }),
    sessions: [{ received, delivered }],
    records: [{ counts: { heardMs: recordedMs } }],
  });
}

test("findHeardItems: what was heard of each item and when, where it was truncated, and what belongs nowhere", () => {
  const late = { atMs: 5_000, bytes: one.slice(4_000, 4_080) };
  const { items, strayMs } = findHeardItems({ received: bothTruncated, delivered }, [firstHeard, secondHeard, late]);
  assertEquals(strayMs, 10);
  assertEquals(items, [
    { itemId: "a", sentMs: 2_000, pieces: [firstHeard], truncatedAtMs: [400] },
    { itemId: "b", sentMs: 2_000, pieces: [secondHeard], truncatedAtMs: [500] },
  ]);
});

test("heardMs: up to a moment within a piece, before it, and in all", () => {
  const item = { itemId: "a", sentMs: 2_000, pieces: [firstHeard, { ...firstHeard, atMs: 1_500 }], truncatedAtMs: [] };
  assertEquals(
    [999, 1_400, 1_600, 9_000].map((untilMs) => heardMs(item, untilMs)),
    [0, 400, 600, 1_000],
  );
  assertEquals(heardMs(item), 1_000);
});

const lateAudio = [firstHeard, { atMs: 2_000, bytes: one.slice(9_000, 10_000) }, secondHeard];
const onlyFirst = { received: [], delivered: delivered.slice(0, 2) };
const [leastA, leastB] = [400 - MARK_SPACING_MS, 500 - MARK_SPACING_MS];
for (const [why, verdict, check, evidence] of [
  ["twice cleared", "passed", interruptClear, story({})],
  ["one clear is missing", "failed", interruptClear, story({ cleared: false })],
  ["late audio of the first reply", "failed", interruptClear, story({ pieces: lateAudio })],
  ["no second reply", "failed", interruptClear, { ...story({}), sessions: [onlyFirst] }],
  ["no call", "failed", interruptClear, madeEvidence({ sessions: [] })],
  ["what was heard", "passed", interruptTruncate, story({})],
  ["the most", "passed", interruptTruncate, story({ received: [truncate("a", 500), truncate("b", 600)] })],
  ["the least", "passed", interruptTruncate, story({ received: [truncate("a", leastA), truncate("b", leastB)] })],
  ["beyond it", "failed", interruptTruncate, story({ received: [truncate("a", 501), truncate("b", 600)] })],
  ["the second before it", "failed", interruptTruncate, story({ received: [truncate("a", leastA), truncate("b", leastB - 1)] })],
  ["twice", "failed", interruptTruncate, story({ received: [...bothTruncated, truncate("a", 300)] })],
  ["never", "failed", interruptTruncate, story({ received: [] })],
  ["no second reply", "failed", interruptTruncate, { ...story({}), sessions: [onlyFirst] }],
  ["recorded as heard", "passed", marksAccounted, story({ recordedMs: 1_100 })],
  ["the least recorded", "passed", marksAccounted, story({ recordedMs: leastA + leastB })],
  ["more recorded than heard", "failed", marksAccounted, story({ recordedMs: 1_101 })],
  ["less recorded than the marks show", "failed", marksAccounted, story({ recordedMs: leastA + leastB - 1 })],
  ["no second reply: nothing is shown", "failed", marksAccounted, { ...story({}), sessions: [onlyFirst] }],
  ["no record", "failed", marksAccounted, { ...story({}), records: [] }],
] as const) {
  test(`${check.id}: ${why}: ${verdict}`, () => assertVerdict(check, evidence, verdict));
}
