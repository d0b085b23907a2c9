// Traces with the real SDK and exporter, to a collector of our own. The spans themselves: call-spans.test.ts; whole
// calls under every runtime: tests/e2e/traces.test.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { startTraces } from "../../../src/adapters/traces/start-traces.ts";
import type { TracesConfig } from "../../../src/config/traces.ts";
import { scriptIdentity } from "../../call/call-script.ts";
import { noFrames, observed } from "../../server/fakes.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { type Collector, startCollector } from "../../support/otlp-collector.ts";

const hangup = { by: "caller", cause: "hangup" } as const;

function configFor(url: string, more: Partial<TracesConfig> = {}): TracesConfig {
  return {
    url,
    headers: [["x-key", "secret"]],
    resourceName: undefined,
    resourceAttributes: [],
    sampled: 1,
    capturesContent: false,
    ...more,
  };
}

/** Traces one call, and stops. */
async function traceCall(url: string, more: Partial<TracesConfig> = {}) {
  const lines: string[] = [];
  const clock = manualClock();
  const log = (level: string, event: string): void => void lines.push(`${level} ${event}`);
  const traces = startTraces({ config: configFor(url, more), instance: "i-1", clock, log, exportTimeoutMs: 1_000 });
  const watch = traces.observe(observed(scriptIdentity, clock.nowMs()));
  watch.effect({ type: "model.dial", epoch: 1, chosen: 0 }, clock.nowMs());
  clock.advance(1_500);
  watch.ended(hangup, noFrames, clock.nowMs());
  await traces.stop();
  return { lines, counts: traces.counts() };
}

async function withCollector(run: (collector: Collector) => Promise<void>): Promise<void> {
  const collector = startCollector();
  try {
    await run(collector);
  } finally {
    await collector.stop();
  }
}

test("startTraces: a call reaches the collector with headers, resource and times", () =>
  withCollector(async (collector) => {
    const more = { resourceAttributes: [["deployment.environment.name", "prod"]] as const };
    const { lines, counts } = await traceCall(`${collector.origin}/v1/traces`, more);
    assertEquals([lines, counts], [[], { exported: 2, dropped: 0 }]);
    assertEquals(collector.requests[0]?.headers["x-key"], "secret");
    assertEquals(collector.requests[0]?.path, "/v1/traces");
    const { resource } = collector;
    assertEquals(
      ["service.name", "service.instance.id", "service.version", "deployment.environment.name"].map((key) => resource[key]),
      ["voice", "i-1", "dev", "prod"],
    );
    const call = collector.spans.find(({ name }) => name === "call");
    const connection = collector.spans.find(({ name }) => name === "model connection");
    assertEquals([call?.endMs, call?.parentSpanId], [(call?.startMs ?? 0) + 1_500, undefined]);
    assertEquals([connection?.parentSpanId, connection?.traceId], [call?.spanId, call?.traceId]);
    assertEquals([connection?.attributes["server.address"], connection?.attributes["server.port"]], ["api.example", 8_443]);
  }));

for (const [stated, own, name] of [
  [[], undefined, "voice"],
  [[["service.name", "a"]], undefined, "a"],
  [[["service.name", "a"]], "b", "b"],
] as const) {
  test(`startTraces: attributes ${JSON.stringify(stated)} and OTEL_SERVICE_NAME ${own}: the service is ${name}`, () =>
    withCollector(async (collector) => {
      await traceCall(collector.origin, { resourceAttributes: stated, resourceName: own });
      assertEquals(collector.resource["service.name"], name);
    }));
}

test("startTraces: with a sampler that is off, nothing is sent", () =>
  withCollector(async (collector) => {
    const { counts } = await traceCall(collector.origin, { sampled: 0 });
    assertEquals([collector.requests.length, counts], [0, { exported: 0, dropped: 0 }]);
  }));

test("startTraces: a collector that refuses costs one log line and a count", () =>
  withCollector(async (collector) => {
    collector.refuseWith(400);
    const { lines, counts } = await traceCall(collector.origin);
    assertEquals([lines, counts], [["warning traces.failed"], { exported: 0, dropped: 2 }]);
  }));

test("startTraces: no collector at all costs the same", async () => {
  const collector = startCollector();
  await collector.stop();
  const { lines, counts } = await traceCall(collector.origin);
  assertEquals([lines, counts], [["warning traces.failed"], { exported: 0, dropped: 2 }]);
  assert(collector.requests.length === 0);
}, 30_000);
