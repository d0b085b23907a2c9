// Traces of a real call, as a collector receives them, and /metrics of the same process: from source under Bun,
// compiled, and under Deno with the permissions of `deno task serve`.

import { afterAll, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { build } from "../../scripts/build.ts";
import { callSidOf } from "../server/fakes.ts";
import { type Collector, startCollector } from "../support/otlp-collector.ts";
import { readMetrics, sampleOf } from "../support/read-metrics.ts";
import { callOnce, commandsOf, startProcess } from "./voice-process.ts";

const folder = mkdtempSync(join(tmpdir(), "traces-"));
const binary = join(folder, "voice");
const commands = commandsOf(folder, binary);
const CALL_SID = callSidOf(1);
const COLLECTOR_KEY = "the-collectors-key";

afterAll(() => rmSync(folder, { recursive: true }));

function checkSpans({ spans, requests, resource }: Collector): void {
  const call = spans.find(({ name }) => name === "call");
  const connection = spans.find(({ name }) => name === "model connection");
  const responses = spans.filter(({ name }) => name === "generate_content");
  assertEquals([call?.parentSpanId, connection?.parentSpanId], [undefined, call?.spanId]);
  assertEquals(new Set(responses.map(({ parentSpanId }) => parentSpanId)), new Set([connection?.spanId]));
  assert(responses.length >= 2, JSON.stringify(spans));
  for (const span of spans) {
    assertEquals([span.traceId, span.attributes["gen_ai.conversation.id"]], [call?.traceId, CALL_SID]);
    assert(span.startMs <= span.endMs && span.startMs >= (call?.startMs ?? 0) && span.endMs <= (call?.endMs ?? 0));
  }
  assertEquals(
    [call?.attributes["voice.call.direction"], call?.attributes["voice.call.cause"], call?.failed],
    ["inbound", "hangup", false],
  );
  assertEquals(
    call?.events.map(({ name, attributes }) => [name, attributes["voice.barge_in.by"]]),
    [["voice.barge_in", "key"]],
  );
  assert(responses.some(({ attributes }) => typeof attributes["gen_ai.response.time_to_first_chunk"] === "number"));
  assert(responses.some(({ attributes }) => Number(attributes["gen_ai.usage.output_tokens"]) > 0));
  assertEquals([resource["service.name"], resource["deployment.environment.name"]], ["line-1", "test"]);
  assertEquals(new Set(requests.map(({ path, headers }) => `${path} ${headers["x-key"]}`)), new Set([`/otlp/v1/traces ${COLLECTOR_KEY}`]));
  const text = requests.map(({ body }) => body).join("");
  assert(!/\+1\d{10}|messages/.test(text), "a telephone number or a transcript is in a span");
}

for (const [runtime, command] of Object.entries(commands)) {
  test(`traces ${runtime}: a call's spans reach the collector, and its metrics are served`, async () => {
    if (runtime === "compiled") assertEquals(build(binary), 0);
    const collector = startCollector();
    const voice = await startProcess(command, folder, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.origin}/otlp`,
      OTEL_EXPORTER_OTLP_HEADERS: `x-key=${COLLECTOR_KEY}`,
      OTEL_SERVICE_NAME: "line-1",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
      VOICE_LOG_FORMAT: "json",
    });
    await voice.logged('"message":"traces.started"');
    try {
      await callOnce(voice.origin, CALL_SID);
      const metrics = readMetrics(await (await fetch(`${voice.origin}/metrics`)).text());
      assertEquals(sampleOf(metrics, "voice_calls_total", { direction: "inbound", cause: "hangup" }), 1);
      assertEquals(sampleOf(metrics, "voice_bargein_clear_seconds_count"), 1);
      assert((sampleOf(metrics, "process_resident_memory_bytes") ?? 0) > 1e7);
      assert((sampleOf(metrics, "process_cpu_seconds_total") ?? 0) > 0);
      const { exitCode, output } = await voice.stop();
      assertEquals(exitCode, 0);
      assert(!output.includes(COLLECTOR_KEY) && !output.includes("traces.failed"), output);
      checkSpans(collector);
    } finally {
      await voice.stop();
      await collector.stop();
    }
  }, 120_000);
}

test("traces: a collector that is away costs one log line, and neither the call nor the stop waits for it", async () => {
  const gone = startCollector();
  await gone.stop();
  const voice = await startProcess(commands["from source"] ?? [], folder, {
    OTEL_EXPORTER_OTLP_ENDPOINT: gone.origin,
    VOICE_LOG_FORMAT: "json",
  });
  await voice.logged('"message":"traces.started"');
  await callOnce(voice.origin, CALL_SID);
  const { exitCode, output } = await voice.stop();
  assertEquals(exitCode, 0);
  assert(output.split('"message":"traces.failed"').length <= 2, output);
}, 60_000);
