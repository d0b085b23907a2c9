// Arrivals are a matter of time alone.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { arrivalTimes, peakCalls } from "../../../src/load/measure/arrivals.ts";

test("arrivalTimes: evenly spaced, the first at once", () => {
  assertEquals(arrivalTimes(5, 4), [0, 250, 500, 750, 1_000]);
});

test("arrivalTimes: fewer than one in a second", () => {
  assertEquals(arrivalTimes(3, 0.5), [0, 2_000, 4_000]);
});

for (const [calls, rate, seconds, peak] of [
  [10, 10, 20, 10],
  [100, 2, 10, 20],
  [100, 0.5, 1, 1],
] as const) {
  test(`peakCalls: ${calls} calls of ${seconds} s, ${rate} in a second: at most ${peak} at the same time`, () => {
    assertEquals(peakCalls(calls, rate, seconds), peak);
  });
}
