// What is found in a PromQL expression.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { referencesOf } from "./promql.ts";

test("referencesOf: metrics with their selectors, and the labels of by", () => {
  const read = referencesOf('sum by (leg, le) (rate(a_total{x="1|2",y!~"$z"}[$__rate_interval])) / 1000 > 0.5 and b_total');
  assertEquals(read.grouped, ["leg", "le"]);
  assertEquals(read.metrics, [
    {
      metric: "a_total",
      selected: [
        { label: "x", isNegative: false, values: "1|2" },
        { label: "y", isNegative: true, values: undefined },
      ],
    },
    { metric: "b_total", selected: [] },
  ]);
});

test("referencesOf: a function that it does not know counts as a metric, so that a test fails", () => {
  assertEquals(
    referencesOf("quantile(a)").metrics.map(({ metric }) => metric),
    ["quantile", "a"],
  );
});
