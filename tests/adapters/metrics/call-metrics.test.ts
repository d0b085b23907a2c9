// What calls did, as metrics, from what the driver shows of them.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { CallMetrics, type CallsNow } from "../../../src/adapters/metrics/call-metrics.ts";
import type { Effect } from "../../../src/call/effects.ts";
import type { CallEvent, CallIdentity } from "../../../src/call/events.ts";
import type { FrameCounts } from "../../../src/call/ports.ts";
import type { CallRecord, TurnRecord } from "../../../src/call/record.ts";
import { scriptIdentity } from "../../call/call-script.ts";
import { noFrames, observed } from "../../server/fakes.ts";

const idle: CallsNow = {
  running: 0,
  limit: 200,
  refusals: { draining: 0, full: 0, outOfMemory: 0, ended: 0 },
  runningFrames: () => [],
};
const hangup = { by: "caller", cause: "hangup" } as const;
const at = { atMs: 1_000, epoch: 1 };
const lost = { type: "model.lost", ...at, code: 1006, reason: "", failure: undefined } as const;
const ready: CallEvent = { type: "model.ready", ...at, inputFormat: undefined, outputFormat: undefined };
const dial: Effect = { type: "model.dial", epoch: 1, chosen: 0 };
const close: Effect = { type: "model.close", epoch: 1 };
const errorEvent: CallEvent = {
  type: "model.errorReported",
  ...at,
  error: { type: "invalid_request_error", code: undefined, message: "no", param: undefined, eventId: undefined },
};

/** The values of one metric by its labels, without zeros; of a histogram the number of observations and their sum. */
function valuesOf(metrics: CallMetrics, name: string, now = idle): Record<string, number> {
  const family = metrics.families(now).find((one) => one.name === name);
  if (family === undefined) throw new Error(`no metric ${name}`);
  if (family.type === "histogram") return { count: family.buckets.cumulative().at(-1) ?? 0, sum: Number(family.buckets.sum.toFixed(3)) };
  return Object.fromEntries(
    family.samples.filter(({ value }) => value > 0).map(({ labels, value }) => [Object.values(labels).join(" "), value]),
  );
}

function watched(identity: CallIdentity = scriptIdentity) {
  const metrics = new CallMetrics();
  return { metrics, watch: metrics.observe(observed(identity)) };
}

function recordOf(more: Partial<CallRecord>): CallRecord {
  const counts = { ...noFrames, framesReceived: 0, framesRepeated: 0, paddedMs: 0, badFrames: 0, badEvents: 0, modelErrors: 0 };
  return {
    identity: scriptIdentity,
    createdAtMs: 0,
    startedAtMs: 1_000,
    endedAtMs: 9_000,
    end: hangup,
    fallback: "none",
    longestWaitMs: 0,
    twilioCode: undefined,
    costUsd: 0,
    transfers: [],
    turns: [],
    counts: { ...counts, sentMs: 0, heardMs: 0, bargeIns: 0, modelDials: 1, resumes: 0 },
    ...more,
  };
}

const turn = (trigger: TurnRecord["trigger"], triggeredAtMs: number, latencyMs: number | undefined): TurnRecord => ({
  trigger,
  triggeredAtMs,
  latencyMs,
  interrupted: false,
  callerText: undefined,
  modelText: undefined,
});

test("CallMetrics: what models have cost is summed up while calls run", () => {
  const metrics = new CallMetrics();
  const watch = metrics.observe(observed(scriptIdentity));
  watch.effect({ type: "cost.add", usd: 0.25 }, 5);
  watch.effect({ type: "cost.add", usd: 0.5 }, 6);
  const family = metrics.families(idle).find(({ name }) => name === "voice_cost_dollars_total");
  assertEquals(family?.type === "counter" ? family.samples.map(({ value }) => value) : undefined, [0.75]);
});

test("CallMetrics: before the first call every cause, result and level exists with 0", () => {
  const families = new CallMetrics().families(idle);
  const samples = families.flatMap((family) => (family.type === "counter" ? family.samples : []));
  assertEquals(samples.length, 15 + 4 + 4 + 8 + 4 + 4 + 2 + 1);
  assertEquals(
    samples.every(({ value }) => value === 0),
    true,
  );
});

test("CallMetrics: each transfer counts, by how it ended", () => {
  const { metrics, watch } = watched();
  const to = "+1555***0001";
  const transfers = (["busy", "connected"] as const).map((outcome) => ({ name: "desk", to, outcome }));
  watch.effect({ type: "record.save", record: recordOf({ transfers }) }, 9_000);
  const values = valuesOf(metrics, "voice_transfers_total");
  assertEquals([values["busy"], values["connected"], values["noAnswer"]], [1, 1, undefined]);
});

test("CallMetrics: a call counts once, by direction, who ended it, and why", () => {
  const metrics = new CallMetrics();
  for (const direction of ["inbound", "outbound", undefined] as const) {
    metrics.observe(observed({ ...scriptIdentity, direction })).ended(hangup, noFrames, 5);
  }
  metrics.observe(observed({ ...scriptIdentity, direction: "inbound" })).ended({ by: "server", cause: "bug" }, noFrames, 5);
  assertEquals(valuesOf(metrics, "voice_calls_total"), {
    "inbound caller hangup": 1,
    "outbound caller hangup": 1,
    "unknown caller hangup": 1,
    "inbound server bug": 1,
  });
});

test("CallMetrics: messages of ended and of running calls are added up, none twice", () => {
  const { metrics, watch } = watched();
  const frames: FrameCounts = { callerReceived: 50, callerSent: 8, modelReceived: 5, modelSent: 50, callerBad: 1, modelBad: 2 };
  const running = { ...idle, running: 1, runningFrames: () => [frames] };
  const expected = { "caller received": 50, "caller sent": 8, "model received": 5, "model sent": 50 };
  assertEquals(valuesOf(metrics, "voice_frames_total", running), expected);
  watch.ended(hangup, frames, 5);
  assertEquals(valuesOf(metrics, "voice_frames_total"), expected);
  assertEquals(valuesOf(metrics, "voice_frames_bad_total"), { caller: 1, model: 2 });
  assertEquals(valuesOf(metrics, "voice_calls_active", running), { "": 1 });
});

test("CallMetrics: first audio counts from the stream's start, turns without the greeting, and only what was answered", () => {
  const { metrics, watch } = watched();
  const turns = [turn("greeting", 1_200, 300), turn("speech", 4_000, 700), turn("keys", 6_000, 1_100), turn("speech", 8_000, undefined)];
  watch.effect({ type: "record.save", record: recordOf({ turns }) }, 9_000);
  assertEquals(valuesOf(metrics, "voice_first_audio_seconds"), { count: 1, sum: 0.5 });
  assertEquals(valuesOf(metrics, "voice_turn_latency_seconds"), { count: 2, sum: 1.8 });
});

test("CallMetrics: a call in which the caller heard nothing has no first audio", () => {
  const { metrics, watch } = watched();
  watch.effect({ type: "record.save", record: recordOf({ turns: [turn("greeting", 1_200, undefined)] }) }, 9_000);
  watch.effect({ type: "record.save", record: recordOf({ startedAtMs: undefined }) }, 9_000);
  assertEquals(valuesOf(metrics, "voice_first_audio_seconds"), { count: 0, sum: 0 });
});

test("CallMetrics: fallbacks by level, and none for a call in which nothing broke", () => {
  const { metrics, watch } = watched();
  for (const fallback of ["none", "recovered", "apology", "apology"] as const) {
    watch.effect({ type: "record.save", record: recordOf({ fallback }) }, 9_000);
  }
  assertEquals(valuesOf(metrics, "voice_fallbacks_total"), { recovered: 1, apology: 2 });
});

test("CallMetrics: time to clear is from the interrupting event to the flush; a flush for another reason does not count", () => {
  const { metrics, watch } = watched();
  watch.event({ type: "model.speechStarted", atMs: 5_000, epoch: 1, itemId: "i" });
  watch.effect({ type: "caller.flush" }, 5_004);
  watch.event({ type: "caller.keyPressed", atMs: 7_000, epoch: "MZ1", sequence: 4, digit: "1" });
  watch.effect({ type: "caller.flush" }, 7_020);
  watch.event({ type: "clock.rang", atMs: 8_000 });
  watch.effect({ type: "caller.flush" }, 8_000);
  assertEquals(valuesOf(metrics, "voice_bargein_clear_seconds"), { count: 2, sum: 0.024 });
});

for (const [what, steps, result] of [
  ["is ready", [dial, ready, close], "ready"],
  ["is ready, and lost later", [dial, ready, { ...lost, httpStatus: undefined }], "ready"],
  ["is refused with a status", [dial, { ...lost, httpStatus: 401 }], "refused"],
  ["is refused by an error event", [dial, errorEvent, close], "refused"],
  ["reports an error and is ready all the same", [dial, errorEvent, ready], "ready"],
  ["does not open", [dial, { ...lost, httpStatus: undefined }], "unreachable"],
  ["is too slow", [dial, close], "abandoned"],
  ["outlives the call", [dial], "abandoned"],
] as const) {
  test(`CallMetrics: a connection that ${what} counts once, as ${result}`, () => {
    const { metrics, watch } = watched();
    for (const step of steps as readonly (Effect | CallEvent)[]) {
      if ("atMs" in step) watch.event(step as CallEvent);
      else watch.effect(step as Effect, 1_000);
    }
    watch.ended(hangup, noFrames, 5);
    assertEquals(valuesOf(metrics, "voice_model_connects_total"), { [result]: 1 });
  });
}

test("CallMetrics: refusals by reason", () => {
  assertEquals(valuesOf(new CallMetrics(), "voice_calls_refused_total", { ...idle, refusals: { full: 3, draining: 0 } }), { full: 3 });
});
