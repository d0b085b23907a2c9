// Traces of a real call, as a collector receives them, and /metrics of the same process: from source under Bun,
// compiled, and under Deno with the permissions of `deno task serve`.

import { afterAll, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import denoJson from "../../deno.json" with { type: "json" };
import { build } from "../../scripts/build.ts";
import { realClock } from "../../src/adapters/clock.ts";
import { placeTelephoneCall } from "../../src/simulators/sockets/place-telephone-call.ts";
import { callSidOf } from "../server/fakes.ts";
import { isHearing, stretchesHeard } from "../support/line.ts";
import { type Collector, startCollector } from "../support/otlp-collector.ts";
import { readMetrics, sampleOf } from "../support/read-metrics.ts";
import { AUTH_TOKEN } from "./server-under-test.ts";

const root = join(import.meta.dir, "../..");
const folder = mkdtempSync(join(tmpdir(), "traces-"));
const binary = join(folder, "voice");
const [deno = "", ...denoArguments] = denoJson.tasks.serve.split(" ");
const commands = {
  "from source": [process.execPath, "src/main.ts"],
  compiled: [binary],
  "under Deno": [join(root, ".tools/deno/node_modules/deno", deno), ...denoArguments],
};
const CALL_SID = callSidOf(1);
const COLLECTOR_KEY = "the-collectors-key";

afterAll(() => rmSync(folder, { recursive: true }));

/** A voice in a process of its own. Its settings are these only. */
async function startProcess(command: readonly string[], settings: Readonly<Record<string, string>>) {
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, HOST: "127.0.0.1", PORT: "0", TWILIO_AUTH_TOKEN: AUTH_TOKEN, ...settings };
  const child = Bun.spawn([...command], { cwd: root, env, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let output = "";
  const address = /"message":"server\.started".*?"address":"([\d.:]+)"/;
  while (!address.test(output) || !output.includes('"message":"traces.started"')) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`it ended: ${output}`);
    output += value;
  }
  const rest = (async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) output += next.value;
  })();
  return {
    origin: `http://${address.exec(output)?.[1]}`,
    /** Ends it by SIGTERM. Returns its exit code and its log. */
    async stop() {
      child.kill("SIGTERM");
      const exitCode = await child.exited;
      await rest;
      return { exitCode, output };
    },
  };
}

/** A call that interrupts the greeting by a key, hears the answer, and hangs up. */
async function callOnce(origin: string): Promise<void> {
  const clock = realClock();
  const options = { authToken: AUTH_TOKEN, seed: "traces", allowPlainSocket: true, callSid: CALL_SID };
  const running = placeTelephoneCall(
    { webhook: { url: `${origin}/twilio/voice` }, ...options },
    { clock, random: (count) => randomBytes(count) },
  );
  await running.until("the greeting", isHearing, 30_000);
  running.command({ type: "press", digit: "7" });
  await running.until("the answer", (call) => stretchesHeard(call) >= 2, 30_000);
  running.command({ type: "hangUp", requestsAction: true });
  await running.done;
}

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
    const voice = await startProcess(command, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.origin}/otlp`,
      OTEL_EXPORTER_OTLP_HEADERS: `x-key=${COLLECTOR_KEY}`,
      OTEL_SERVICE_NAME: "line-1",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
      VOICE_LOG_FORMAT: "json",
    });
    try {
      await callOnce(voice.origin);
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
  const voice = await startProcess(commands["from source"], { OTEL_EXPORTER_OTLP_ENDPOINT: gone.origin, VOICE_LOG_FORMAT: "json" });
  await callOnce(voice.origin);
  const { exitCode, output } = await voice.stop();
  assertEquals(exitCode, 0);
  assert(output.split('"message":"traces.failed"').length <= 2, output);
}, 60_000);
