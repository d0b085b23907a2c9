// The caller leg's counters: repeated messages, and how much silence replaces missing frames.

import { test } from "bun:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { insertSilence, startedLeg, takeFrame, takeSequence } from "../../../src/call/machines/caller-leg.ts";

const begun = takeFrame(startedLeg("MZ1"), 2, 100, 20).leg;

test("startedLeg: start was message 1, so the next is 2", () => {
  assertEquals(takeSequence(startedLeg("MZ1"), 1), undefined);
  assertEquals(takeSequence(startedLeg("MZ1"), 2)?.lastSequence, 2);
});

test("takeFrame: the first frame sets where the stream's time begins, and gets no padding", () => {
  assertEquals(takeFrame(startedLeg("MZ1"), 2, 5_000, 20).padMs, 0);
});

const frames: readonly (readonly [
  what: string,
  sequence: number,
  timestampMs: number,
  insertedMs: number,
  padMs: number,
  insertedLeftMs: number,
])[] = [
  ["it follows at once", 3, 120, 0, 0, 0],
  ["after messages of other types", 9, 120, 0, 0, 0],
  ["jitter below one frame", 3, 139, 0, 0, 0],
  ["one frame is missing", 3, 140, 0, 20, 0],
  ["the longest pad", 3, 10_120, 0, 10_000, 0],
  ["beyond the longest pad", 3, 10_121, 0, 10_000, 0],
  ["an absurd jump", 3, Number.MAX_SAFE_INTEGER, 0, 10_000, 0],
  ["back in time", 3, 0, 0, 0, 0],
  ["1 s of 1.5 s was inserted already", 3, 1_620, 1_000, 500, 0],
  ["1 s of 1 s was inserted already", 3, 1_120, 1_000, 0, 0],
  ["1 s was inserted already, for 0.4 s", 3, 520, 1_000, 0, 600],
  ["1 s was inserted already, and nothing is missing", 3, 120, 1_000, 0, 1_000],
];
for (const [what, sequence, timestampMs, insertedMs, padMs, insertedLeftMs] of frames) {
  test(`takeFrame: ${what}: ${padMs} ms of silence`, () => {
    const taken = takeFrame(insertSilence(begun, insertedMs), sequence, timestampMs, 20);
    assertEquals(
      [taken.repeated, taken.padMs, taken.leg.insertedMs, taken.leg.expectedMs],
      [false, padMs, insertedLeftMs, timestampMs + 20],
    );
  });
}

for (const sequence of [2, 1, 0, -1]) {
  test(`takeFrame: message ${sequence} after message 2 is a repetition, and changes nothing`, () => {
    const taken = takeFrame(begun, sequence, 999, 20);
    assertEquals(taken.repeated, true);
    assertStrictEquals(taken.leg, begun);
  });
}
