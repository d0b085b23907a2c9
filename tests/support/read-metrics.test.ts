// The reader of /metrics.

import { test } from "bun:test";
import { assertEquals, assertThrows } from "@std/assert";
import { readMetrics, sampleOf } from "./read-metrics.ts";

test("readMetrics: names, types, labels with escapes, values", () => {
  const read = readMetrics(
    '# HELP a A.\n# TYPE a counter\na{b="1",c="say \\"x\\""} 2\n\n# TYPE h histogram\nh_bucket{le="+Inf"} 3\nh_sum 0.5\n',
  );
  assertEquals(
    [...read.types],
    [
      ["a", "counter"],
      ["h", "histogram"],
    ],
  );
  assertEquals([sampleOf(read, "a", { b: "1" }), sampleOf(read, "h_bucket"), sampleOf(read, "a", { b: "2" })], [2, 3, undefined]);
});

for (const line of ["a", "a b", 'a{b="1" 2', "b 1", 'a{b="1"} 1\na{b="1"} 1']) {
  test(`readMetrics: refuses ${JSON.stringify(line)}`, () => void assertThrows(() => readMetrics(`# TYPE a gauge\n${line}\n`)));
}
