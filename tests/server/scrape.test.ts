// A whole answer of /metrics, and the table of metrics in the documentation.

import { test } from "bun:test";
import { readFileSync } from "node:fs";
import { assert, assertEquals } from "@std/assert";
import { CallMetrics } from "../../src/adapters/metrics/call-metrics.ts";
import { makeScraper } from "../../src/server/scrape.ts";
import { readMetrics, sampleOf } from "../support/read-metrics.ts";
import { makeDesk, voiceForm } from "./fakes.ts";

function makeTestScraper() {
  const desk = makeDesk();
  const { calls, clock } = desk;
  const storedCalls = { health: () => ({ problem: "the disk is full", queued: 3, dropped: 2 }) };
  const parts = {
    metrics: new CallMetrics(),
    calls,
    storedCalls,
    clock,
    runtimeVersion: "Test 1",
    openFileLimit: 64,
    residentBytes: () => 7,
  };
  return { ...desk, ...makeScraper(parts) };
}

test("scrape: the calls of the registry, the build and the process, in both formats", async () => {
  const { scrape, post, clock, stop } = makeTestScraper();
  await post("/twilio/voice", voiceForm(1));
  assertEquals(clock.pending, 0);
  const read = readMetrics((await scrape("")).text);
  assertEquals(
    ["voice_calls_active", "voice_calls_limit", "process_resident_memory_bytes", "process_max_fds"].map((name) => sampleOf(read, name)),
    [1, 10, 7, 64],
  );
  assertEquals(
    ["voice_store_up", "voice_store_queued", "voice_store_dropped_total"].map((name) => sampleOf(read, name)),
    [0, 3, 2],
  );
  assertEquals(sampleOf(read, "voice_build_info", { version: "dev", revision: "unknown", runtime: "Test 1" }), 1);
  assert((await scrape("application/openmetrics-text")).text.endsWith("# EOF\n"));
  stop();
  assertEquals(clock.pending, 0);
});

/** "`voice_calls_total` | counter | `direction`, `cause` |" of the documentation's table: name, type and labels. */
function documented(): readonly (readonly [string, string, string])[] {
  const markdown = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  const section = markdown.split("\n## ").find((text) => text.startsWith("Metrics\n")) ?? "";
  return [...section.matchAll(/^\| `(\w+)` \| (\w+) \|([^|]*)\|/gm)].map(([, name = "", type = "", labels = ""]) => [
    name,
    type,
    [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).join(" "),
  ]);
}

test("the documentation's table has every metric of a real answer, with its type and labels, and no other", async () => {
  const { scrape, stop } = makeTestScraper();
  const { types, samples } = readMetrics((await scrape("")).text);
  stop();
  const real = [...types].map(([name, type]) => {
    const own = samples.filter((sample) => sample.name === name || (type === "histogram" && sample.name.startsWith(`${name}_`)));
    const labels = new Set(own.flatMap((sample) => Object.keys(sample.labels)).filter((label) => label !== "le"));
    return [name, type, [...labels].join(" ")] as const;
  });
  assert(real.length > 15);
  assertEquals([...documented()].sort(), real.sort());
});

test("every metric follows Prometheus' rules: prefix, base units, _total for counters only, bounded labels", async () => {
  const { scrape, stop } = makeTestScraper();
  const { types, samples } = readMetrics((await scrape("")).text);
  stop();
  for (const [name, type] of types) {
    assert(/^(voice|process)_[a-z_]+$/.test(name), name);
    assertEquals(name.endsWith("_total"), type === "counter", name);
    assert(!/_(ms|milliseconds|kb|mb|percent)(_|$)/.test(name), name);
    assert(type !== "histogram" || name.endsWith("_seconds"), name);
  }
  const ours = samples.filter(({ name }) => name.startsWith("voice_"));
  assert(ours.length < 200);
});
