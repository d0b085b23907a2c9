// /metrics of a server that takes real calls on loopback sockets, as Prometheus would read it.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { builtInModel } from "../../src/adapters/built-in-model.ts";
import { isHearing, type Line, openLine, stretchesHeard } from "../support/line.ts";
import { patientClock } from "../support/patient-clock.ts";
import { type ReadMetrics, readMetrics, sampleOf } from "../support/read-metrics.ts";

async function scrape({ voice }: Line): Promise<ReadMetrics> {
  return readMetrics(await (await fetch(`http://127.0.0.1:${voice.port}/metrics`)).text());
}

test("a call with an interruption: active while it runs, then counted with its first audio, turns, frames and time to clear", async () => {
  const clock = patientClock(6);
  const line = openLine(clock, builtInModel(clock));
  try {
    const running = line.call();
    await running.until("the greeting", isHearing, 60_000);
    const during = await scrape(line);
    running.command({ type: "press", digit: "7" });
    await running.until("the answer", (call) => stretchesHeard(call) >= 2, 60_000);
    running.command({ type: "hangUp", requestsAction: true });
    await running.done;
    const after = await scrape(line);

    assertEquals([sampleOf(during, "voice_calls_active"), sampleOf(after, "voice_calls_active")], [1, 0]);
    const hangups = { direction: "inbound", end_by: "caller", cause: "hangup" };
    assertEquals([sampleOf(during, "voice_calls_total", hangups), sampleOf(after, "voice_calls_total", hangups)], [0, 1]);
    assertEquals(sampleOf(after, "voice_model_connects_total", { result: "ready" }), 1);
    assertEquals(sampleOf(after, "voice_first_audio_seconds_count"), 1);
    const [record] = line.records;
    const answered = record?.turns.filter(({ trigger, latencyMs }) => trigger !== "greeting" && latencyMs !== undefined) ?? [];
    assert(answered.length > 0);
    assertEquals(sampleOf(after, "voice_turn_latency_seconds_count"), answered.length);
    assertEquals([sampleOf(after, "voice_bargein_clear_seconds_count"), record?.counts.bargeIns], [1, 1]);
    assertEquals(sampleOf(after, "voice_frames_total", { leg: "caller", direction: "received" }), record?.counts.framesReceived);
    for (const [leg, direction] of [
      ["caller", "sent"],
      ["model", "received"],
      ["model", "sent"],
    ] as const) {
      const count = sampleOf(after, "voice_frames_total", { leg, direction }) ?? 0;
      assert(count > 0, `${leg} ${direction}: ${count}`);
      assert(count >= (sampleOf(during, "voice_frames_total", { leg, direction }) ?? 0));
    }
  } finally {
    await line.voice.stop();
  }
}, 120_000);

test("a scrape while nothing runs costs the calls nothing: the answer has every metric with its zero", async () => {
  const clock = patientClock(6);
  const line = openLine(clock, builtInModel(clock));
  const { samples, types } = await scrape(line);
  await line.voice.stop();
  const counters = samples.filter(({ name }) => types.get(name) === "counter" && name.startsWith("voice_"));
  assert(counters.length > 20 && counters.every(({ value }) => value === 0));
});
