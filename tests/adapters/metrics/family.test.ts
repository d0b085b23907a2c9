// Metrics as plain data.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Buckets, byLabel, single } from "../../../src/adapters/metrics/family.ts";
import { checkProperty } from "../../support/properties.ts";

test("Buckets: a bound is inclusive, and what is over the last one is only in the total", () => {
  const buckets = new Buckets([0.1, 1]);
  for (const seconds of [0, 0.1, 0.2, 1, 1.001, 60]) buckets.observe(seconds);
  assertEquals(buckets.cumulative(), [2, 4, 6]);
  assertEquals(Math.round(buckets.sum * 1_000), 62_301);
});

test("Buckets: each count is the number of observations at most its bound, whatever is observed", () => {
  checkProperty(
    fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), (all) => {
      const buckets = new Buckets([0.1, 1, 10]);
      for (const seconds of all) buckets.observe(seconds);
      const upTo = (bound: number): number => all.filter((seconds) => seconds <= bound).length;
      assertEquals(buckets.cumulative(), [upTo(0.1), upTo(1), upTo(10), all.length]);
    }),
  );
});

test("single, byLabel: one value, and one for each value of a label", () => {
  assertEquals(single("gauge", "a", "b", 3), { type: "gauge", name: "a", help: "b", samples: [{ labels: {}, value: 3 }] });
  assertEquals(byLabel("counter", "a", "b", "leg", { caller: 1, model: 0 }), {
    type: "counter",
    name: "a",
    help: "b",
    samples: [
      { labels: { leg: "caller" }, value: 1 },
      { labels: { leg: "model" }, value: 0 },
    ],
  });
});
