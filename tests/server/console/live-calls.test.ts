// The running calls as the console shows them.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { type LiveCall, LiveCalls } from "../../../src/server/console/live-calls.ts";

const identity = { callSid: "CA1", accountSid: "AC1", from: "+14155550100", to: "+12125550199" };
const model = { provider: "openai", model: "m", serverAddress: undefined, serverPort: undefined };
const frames = { callerReceived: 0, callerSent: 0, modelReceived: 0, modelSent: 0, callerBad: 0, modelBad: 0 };
const atMs = 1;

function setUp() {
  const live = new LiveCalls();
  const seen: LiveCall[] = [];
  live.listen((call) => void seen.push(call));
  const watch = live.observe({ identity, atMs, agent: "reception", model });
  const last = (): LiveCall | undefined => seen.at(-1);
  return { live, seen, watch, last };
}

test("LiveCalls: from the webhook to the end, and then forgotten", () => {
  const { live, watch, last } = setUp();
  assertEquals([last()?.state, last()?.agent, live.all.length], ["ringing", "reception", 1]);
  watch.event({ type: "caller.started", atMs, epoch: "MZ1", format: { encoding: "audio/x-mulaw", sampleRateHz: 8_000, channels: 1 } });
  assertEquals(last()?.state, "talking");
  watch.ended({ by: "caller", cause: "hangup" }, frames, atMs);
  assertEquals([last()?.state, last()?.end, live.all], ["ended", { by: "caller", cause: "hangup" }, []]);
});

test("LiveCalls: who speaks; of a response only its first audio is asked for", () => {
  const { watch, last } = setUp();
  assertEquals(watch.awaitsAudio, true);
  watch.event({ type: "model.audio", atMs, epoch: 1, responseId: "r", itemId: "i", contentIndex: 0, payload: "" });
  assertEquals([last()?.agentSpeaks, watch.awaitsAudio], [true, false]);
  watch.event({ type: "model.speechStarted", atMs, epoch: 1, itemId: "i" });
  watch.effect({ type: "caller.flush" }, atMs);
  assertEquals([last()?.agentSpeaks, last()?.callerSpeaks], [false, true]);
  watch.event({ type: "model.speechStopped", atMs, epoch: 1, itemId: "i" });
  assertEquals(last()?.callerSpeaks, false);
});

test("LiveCalls: the tools that run", () => {
  const { watch, last } = setUp();
  watch.effect({ type: "tool.run", callId: "a", name: "find", arguments: "{}", typed: {} }, atMs);
  watch.effect({ type: "tool.run", callId: "b", name: "book", arguments: "{}", typed: {} }, atMs);
  assertEquals(last()?.tools, ["find", "book"]);
  watch.event({ type: "tool.returned", atMs, callId: "a", output: "" });
  assertEquals(last()?.tools, ["book"]);
});

test("LiveCalls: of many turns the newest are shown", () => {
  const { watch, last } = setUp();
  const turn = { trigger: "speech", triggeredAtMs: 0, interrupted: false, callerText: undefined, modelText: undefined } as const;
  watch.turned?.(
    Array.from({ length: 60 }, (_, latencyMs) => ({ ...turn, latencyMs })),
    0,
  );
  assertEquals([last()?.turns.length, last()?.turns.at(-1)?.latencyMs], [50, 59]);
});

test("LiveCalls: a listener that has ended hears nothing more", () => {
  const live = new LiveCalls();
  let heard = 0;
  const unlisten = live.listen(() => {
    heard += 1;
  });
  unlisten();
  live.observe({ identity, atMs, agent: "a", model });
  assertEquals(heard, 0);
});
