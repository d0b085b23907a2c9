// Past calls on a terminal.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { StoredCall } from "../../src/adapters/store/read-calls.ts";
import { listText, storyText } from "../../src/past-calls/calls-text.ts";
import { painter } from "../../src/report/terminal.ts";

const paint = painter(false);
const createdMs = Date.UTC(2026, 10, 27, 19, 46, 56);
const call: StoredCall = {
  callSid: "CA0123",
  from: "+14155550100",
  to: "+12125550199",
  direction: "inbound",
  agent: "reception",
  model: "gpt-realtime-2.1",
  createdMs,
  startedMs: createdMs + 300,
  endedMs: createdMs + 61_000,
  endBy: "caller",
  endCause: "hangup",
  fallback: "none",
  twilioCode: null,
  longestWaitMs: 640,
  costUsd: 0.0345,
  turns: 3,
  inputTokens: 1_200,
  outputTokens: 340,
};
const failed: StoredCall = {
  ...call,
  callSid: "CA0124",
  endBy: "model",
  endCause: "modelRefused",
  fallback: "apology",
  twilioCode: 31921,
  from: "anonymous",
};

test("listText: a line for each call, with numbers masked", () => {
  assertEquals(listText([call, failed, { ...call, endedMs: null }], paint), [
    "when (UTC)           length  from                  agent           turns  how it ended",
    "2026-11-27 19:46:56    61 s  +1415***0100          reception           3  caller: hangup  CA0123",
    "2026-11-27 19:46:56    61 s  anonymous             reception           3  model: modelRefused, apology, Twilio 31921  CA0124",
    "2026-11-27 19:46:56          +1415***0100          reception           3  running  CA0123",
  ]);
  assertEquals(listText([], paint), ["no calls"]);
});

test("listText: an ending is red when something failed, not when someone hung up", () => {
  const shown = (style: string, text: string): string => (style === "red" ? `<red ${text}>` : text);
  const ends = (endBy: string, endCause: string): boolean =>
    listText([{ ...call, endBy, endCause }], shown)
      .join("\n")
      .includes(`<red ${endBy}: ${endCause}>`);
  assertEquals(
    [ends("caller", "hangup"), ends("agent", "idle"), ends("operator", "hungUp"), ends("network", "streamLost"), ends("server", "bug")],
    [false, false, false, true, true],
  );
});

test("storyText: everything in the order in which it happened, counted from the beginning", () => {
  const story = {
    call,
    counts: undefined,
    turns: [
      {
        trigger: "greeting",
        atMs: createdMs + 300,
        latencyMs: 200,
        interrupted: true,
        callerText: null,
        modelText: "Hello, this is Acme.",
      },
      {
        trigger: "speech",
        atMs: createdMs + 3_000,
        latencyMs: 1_500,
        interrupted: false,
        callerText: "Is my table\nbooked?",
        modelText: "Yes.",
      },
      { trigger: "speech", atMs: createdMs + 60_000, latencyMs: null, interrupted: false, callerText: null, modelText: null },
    ],
    notes: [
      { atMs: createdMs + 900, name: "agent.interrupted", fields: {} },
      { atMs: createdMs + 50_000, name: "model.lost", fields: { code: 1006 } },
    ],
    deliveries: [
      {
        id: "msg_1",
        callSid: "CA0123",
        event: "call.ended",
        payload: "{}",
        attempts: 2,
        createdMs,
        state: "parked" as const,
        atMs: createdMs + 70_000,
        problem: "answered 500",
      },
    ],
    tools: [{ name: "find", arguments: '{"a":1}', output: "seven", startedMs: createdMs + 3_100, returnedMs: createdMs + 3_900 }],
  };
  assertEquals(storyText(story, paint), [
    "CA0123: caller: hangup",
    "2026-11-27 19:46:56 UTC, 61 s, inbound",
    "from +1415***0100 to +1212***0199, answered by reception (gpt-realtime-2.1)",
    "3 turns, longest wait 0.6 s, 1200 tokens in, 340 out, $0.0345",
    "",
    "    0.5 s  agent: Hello, this is Acme. (200 ms, interrupted)",
    "    0.9 s  agent.interrupted",
    "    3.0 s  caller: Is my table booked?",
    '    3.1 s  tool find {"a":1}',
    "    3.9 s  tool find: seven (800 ms)",
    "    4.5 s  agent: Yes. (1500 ms)",
    "   50.0 s  model.lost: code=1006",
    "   60.0 s  caller: (no transcript)",
    "delivery call.ended: parked after 2 attempts: answered 500",
  ]);
});
