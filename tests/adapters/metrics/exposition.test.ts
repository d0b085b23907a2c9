// Metrics as text: both formats, by prom-client.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { exposition } from "../../../src/adapters/metrics/exposition.ts";
import { Buckets, byLabel, type Family, single } from "../../../src/adapters/metrics/family.ts";

const buckets = new Buckets([0.1, 1]);
for (const seconds of [0.05, 0.5, 5]) buckets.observe(seconds);
const families: readonly Family[] = [
  single("gauge", "a_bytes", "An \\ and\na line.", 0),
  byLabel("counter", "b_total", "B.", "reason", { 'say "no"': 2, other: 0 }),
  { type: "histogram", name: "c_seconds", help: "C.", buckets },
];
const read = (): readonly Family[] => families;

const histogram = [
  "# HELP c_seconds C.",
  "# TYPE c_seconds histogram",
  'c_seconds_bucket{le="0.1"} 1',
  'c_seconds_bucket{le="1"} 2',
  'c_seconds_bucket{le="+Inf"} 3',
  "c_seconds_sum 5.55",
  "c_seconds_count 3",
].join("\n");

test("exposition: Prometheus' format, with values escaped and zeros present", async () => {
  const { contentType, text } = await exposition(read, "text/plain");
  assertEquals(contentType, "text/plain; version=0.0.4; charset=utf-8");
  const a = "# HELP a_bytes An \\\\ and\\na line.\n# TYPE a_bytes gauge\na_bytes 0";
  const b = '# HELP b_total B.\n# TYPE b_total counter\nb_total{reason="say \\"no\\""} 2\nb_total{reason="other"} 0';
  assertEquals(text, `${a}\n\n${b}\n\n${histogram}\n`);
});

test("exposition: OpenMetrics for a client that takes it, and Prometheus' format for the next one", async () => {
  const { contentType, text } = await exposition(read, "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2,*/*;q=0.1");
  assertEquals(contentType, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  assertStringIncludes(text, '# TYPE b counter\nb_total{reason="say \\"no\\""} 2\n');
  assertEquals(text.endsWith(`${histogram}\n# EOF\n`), true);
  assertStringIncludes((await exposition(read, "")).text, "# TYPE b_total counter\n");
});

for (const [accept, isOpen] of [
  ["application/openmetrics-text; version=1.0.0", true],
  ["text/html, application/openmetrics-text", true],
  ["application/openmetrics-text;q=0", false],
  ["application/openmetrics-text; q=0.0, */*", false],
  ["*/*", false],
  ["application/vnd.google.protobuf", false],
] as const) {
  test(`exposition: Accept ${accept} gets ${isOpen ? "OpenMetrics" : "Prometheus' format"}`, async () => {
    assertEquals((await exposition(read, accept)).contentType.startsWith("application/openmetrics-text"), isOpen);
  });
}

test("exposition: scrapes at the same time do not share a registry", async () => {
  const both = await Promise.all([exposition(read, ""), exposition(read, "application/openmetrics-text"), exposition(read, "")]);
  assertEquals(both[0]?.text, both[2]?.text);
});
