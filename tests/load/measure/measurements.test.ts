// What is collected is what is reported, and reasons are bounded.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { MAX_REASONS, Measurements } from "../../../src/load/measure/measurements.ts";

const run = { calls: 3, peak: 2, target: undefined, meterShare: 0.2 };

test("Measurements: counts add up, and out of how many", () => {
  const measurements = new Measurements();
  measurements.count("lost", 2, 100);
  measurements.count("lost", 1, 50);
  assertEquals(measurements.result(run).counts.lost, { count: 3, of: 150 });
  assertEquals(measurements.result(run).counts.crosstalk, { count: 0, of: 0 });
});

test("Measurements: the distribution is that of what callers feel, where it was measured", () => {
  const measurements = new Measurements();
  assertEquals(measurements.result(run).main, undefined);
  measurements.durations.webhook.record(5);
  assertEquals(measurements.result(run).main, "webhook");
  measurements.durations.turn.record(500);
  const { main, histogram } = measurements.result(run);
  assertEquals([main, histogram.length], ["turn", 1]);
});

test("Measurements: the most frequent reason is first; further ones are counted together", () => {
  const measurements = new Measurements();
  for (let reason = 0; reason < MAX_REASONS + 5; reason++) measurements.reason(`reason ${reason}`);
  measurements.reason("reason 3");
  const { reasons } = measurements.result(run);
  assertEquals(reasons[0], { what: "other", count: 5 });
  assertEquals(reasons[1], { what: "reason 3", count: 2 });
  assertEquals(reasons.length, MAX_REASONS + 1);
});

test("Measurements: a reason that a server makes long is cut", () => {
  const measurements = new Measurements();
  measurements.reason("x".repeat(10_000));
  assertEquals(measurements.result(run).reasons[0]?.what.length, 200);
});
