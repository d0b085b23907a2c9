// The ramp: which step comes next, when one is broken, and which number was sustained.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  judgeStep,
  lastSustained,
  MAX_STEPS,
  meterLimit,
  nextCalls,
  type RampStep,
  type StepVerdict,
} from "../../../src/load/measure/ramp.ts";
import { readThreshold, type Threshold } from "../../../src/load/measure/thresholds.ts";
import { checkProperty } from "../../support/properties.ts";
import { madeResult } from "../made.ts";

const sustained: StepVerdict = { type: "sustained" };
const broken: StepVerdict = { type: "broken", what: "calls failed" };

/** The steps against a server that carries `capacity` calls. */
function ramp(capacity: number, first: number, most: number): readonly RampStep[] {
  const steps: RampStep[] = [];
  for (let calls = nextCalls(steps, first, most); calls !== undefined; calls = nextCalls(steps, first, most)) {
    steps.push({ calls, verdict: calls <= capacity ? sustained : broken });
  }
  return steps;
}

test("nextCalls: grows until it breaks, then halves the gap until it is 10 %", () => {
  assertEquals(
    ramp(100, 10, 2_000).map(({ calls }) => calls),
    [10, 16, 26, 42, 68, 109, 88, 98, 103],
  );
});

test("nextCalls: finds any capacity to 10 % or one call, within its limits", () => {
  checkProperty(
    fc.property(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 1, max: 50 }), (capacity, first) => {
      const steps = ramp(capacity, first, 2_000);
      const found = lastSustained(steps);
      assert(steps.length <= MAX_STEPS);
      if (capacity < first) assertEquals(found, undefined);
      else assert(found !== undefined && found <= capacity && Math.min(capacity, 2_000) - found <= Math.max(1, 0.1 * found));
    }),
  );
});

test("nextCalls: a broken first step ends the ramp", () => {
  assertEquals(ramp(0, 10, 2_000), [{ calls: 10, verdict: broken }]);
});

test("nextCalls: ends at the most that can be placed, and after so many steps", () => {
  assertEquals(ramp(9_999, 10, 30).at(-1), { calls: 30, verdict: sustained });
  const steps = Array.from({ length: MAX_STEPS }, (_, at) => ({ calls: at + 1, verdict: sustained }));
  assertEquals(nextCalls(steps, 1, 2_000), undefined);
});

const first = madeResult({ durations: { frame: [1], turn: [500], first_audio: [40] } });
const threshold = (text: string): readonly Threshold[] => {
  const read = readThreshold(text);
  return "bad" in read ? [] : [read];
};

test("judgeStep: a step like the first is sustained", () => {
  assertEquals(judgeStep(first, first, []), sustained);
});

for (const [what, made] of [
  ["1 of 10 calls failed", { counts: { failed: { count: 1, of: 10 } } }],
  ["2 of 10 calls were dropped", { counts: { dropped: { count: 2, of: 10 } } }],
  ["1 of 10 calls were silent", { counts: { silent: { count: 1, of: 10 } } }],
  ["3 of 10 turns had no answer", { counts: { unanswered: { count: 3, of: 10 } } }],
  ["1 of 10 frames were of another call", { counts: { crosstalk: { count: 1, of: 10 } } }],
  ["2 of 1000 frames were lost", { counts: { lost: { count: 2, of: 1_000 } } }],
  ["frame p99 was 41.1 ms", { durations: { frame: [41.1] } }],
  ["turn p99 was 701 ms, at first 500", { durations: { turn: [701] } }],
  ["first_audio p99 was 241 ms, at first 40", { durations: { first_audio: [241] } }],
] as const) {
  test(`judgeStep: broken when ${what}`, () => {
    assertEquals(judgeStep(madeResult(made), first, []), { type: "broken", what });
  });
}

test("judgeStep: one lost frame in a thousand, a later answer and a slower clear may be chance", () => {
  const made = madeResult({ durations: { frame: [40], turn: [690], clear: [900] }, counts: { lost: { count: 1, of: 1_000 } } });
  assertEquals(judgeStep(made, first, []), sustained);
});

test("judgeStep: with thresholds only they count, and one that was not measured fails", () => {
  const slow = madeResult({ durations: { turn: [5_000] } });
  assertEquals(judgeStep(slow, first, threshold("turn_p99>6s")), sustained);
  assertEquals(judgeStep(slow, first, threshold("turn_p99>4s")), { type: "broken", what: "turn_p99>4s: 5000.0 ms" });
  assertEquals(judgeStep(slow, first, threshold("frame_p99>4s")), { type: "broken", what: "frame_p99>4s: not measured" });
});

test("judgeStep: what a meter measures that is late itself says nothing about the server", () => {
  const late = madeResult({ durations: { lag: [12], turn: [5_000] } });
  assertEquals(judgeStep(late, first, []).type, "meter");
  assertEquals(judgeStep(madeResult({ meterShare: 0.9 }), first, []), { type: "meter", what: "the meter used 90 % of its core" });
});

test("meterLimit: none up to 10 ms at p99 and 85 % of a core", () => {
  assertEquals(meterLimit(madeResult({ durations: { lag: [10] }, meterShare: 0.85 })), undefined);
  assertEquals(meterLimit(madeResult({ durations: { lag: [10.1] } })), "the meter itself was late by 10.1 ms at p99");
});
