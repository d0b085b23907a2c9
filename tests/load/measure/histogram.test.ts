// The histogram against the sorted values themselves.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Histogram, MAX_MICROSECONDS } from "../../../src/load/measure/histogram.ts";
import { checkProperty } from "../../support/properties.ts";

const of = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

test("Histogram: without values there is nothing to report", () => {
  assertEquals([of([]).count, of([]).summary(), of([]).percentileMs(50), of([]).rows(10)], [0, undefined, undefined, []]);
});

test("Histogram: any percentile of any values is exact to 1 % or a microsecond", () => {
  const values = fc.array(fc.double({ min: 0, max: 1_000_000, noNaN: true }), { minLength: 1, maxLength: 200 });
  checkProperty(
    fc.property(values, fc.double({ min: 0, max: 100, noNaN: true }), (given, percent) => {
      const sorted = [...given].sort((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] as number;
      const measured = of(given).percentileMs(percent) as number;
      assert(Math.abs(measured - exact) <= exact * 0.01 + 0.001, `${measured} is not ${exact}`);
    }),
  );
});

test("Histogram: the summary has the smallest, the largest and the mean as they were", () => {
  const summary = of([4, 1, 10]).summary();
  assertEquals([summary?.count, summary?.minMs, summary?.meanMs, summary?.maxMs], [3, 1, 5, 10]);
});

test("Histogram: a negative duration is 0, one beyond the limit counts as the longest", () => {
  const longestMs = MAX_MICROSECONDS / 1_000;
  assertEquals(of([-5]).percentileMs(50), 0);
  assertEquals(of([10 * longestMs]).summary()?.p50Ms, longestMs);
});

test("Histogram: the rows are of equal round width, hold every value, and are at most as many as asked for", () => {
  const values = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 });
  checkProperty(
    fc.property(values, fc.integer({ min: 3, max: 20 }), (given, most) => {
      const rows = of(given).rows(most);
      assert(rows.length <= most);
      assertEquals(
        rows.reduce((sum, { count }) => sum + count, 0),
        given.length,
      );
      assert((rows[0]?.fromMs ?? 0) <= Math.min(...given) + 0.001);
    }),
  );
});

test("Histogram: rows of 501, 502, 502 and 538 ms", () => {
  assertEquals(of([501, 502, 502, 538]).rows(10), [
    { fromMs: 500, count: 3 },
    { fromMs: 505, count: 0 },
    { fromMs: 510, count: 0 },
    { fromMs: 515, count: 0 },
    { fromMs: 520, count: 0 },
    { fromMs: 525, count: 0 },
    { fromMs: 530, count: 0 },
    { fromMs: 535, count: 1 },
  ]);
});
