// The line through points: against known values, and what it takes to call it steep.

import { test } from "bun:test";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { grows, mayGrow, trendOf } from "./regression.ts";

const pointsOf = (...values: readonly number[]): { x: number; y: number }[] => values.map((y, x) => ({ x, y }));

test("trendOf: a straight line has its slope and no error", () => {
  assertEquals(trendOf(pointsOf(5, 8, 11, 14)), { slope: 3, error: 0 });
});

test("trendOf: the slope and error of a textbook's example", () => {
  // x 1 to 5, y 2 4 5 4 5: slope 0.6, residual squares 2.4, error sqrt(2.4 / 3 / 10).
  const { slope, error } = trendOf([2, 4, 5, 4, 5].map((y, at) => ({ x: at + 1, y })));
  assertAlmostEquals(slope, 0.6);
  assertAlmostEquals(error, Math.sqrt(0.08));
});

test("trendOf: two points, or all at one x, say nothing", () => {
  assertEquals(trendOf(pointsOf(1, 2)).error, Number.POSITIVE_INFINITY);
  assertEquals(trendOf([1, 2, 3].map((y) => ({ x: 7, y }))).error, Number.POSITIVE_INFINITY);
});

test("grows: only beyond doubt; mayGrow: unless it is beyond doubt that it does not", () => {
  const steep = trendOf(pointsOf(0, 10, 20, 30, 41));
  assert(grows(steep, 9) && mayGrow(steep, 9));
  assert(!grows(steep, 11) && !mayGrow(steep, 11));
  const noisy = trendOf(pointsOf(0, 30, 5, 40, 10));
  assert(!grows(noisy, 1) && mayGrow(noisy, 1));
});
