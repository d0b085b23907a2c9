// A call as spans: what each has, how they nest, and what never gets into them.

import { test } from "bun:test";
import { SpanStatusCode } from "@opentelemetry/api";
import { type ReadableSpan, TracerProvider } from "@opentelemetry/sdk-trace";
import { assert, assertEquals } from "@std/assert";
import { callSpans } from "../../../src/adapters/traces/call-spans.ts";
import type { Effect } from "../../../src/call/effects.ts";
import type { CallEvent, CallIdentity } from "../../../src/call/events.ts";
import type { CallRecord } from "../../../src/call/record.ts";
import { noFrames, observed } from "../../server/fakes.ts";

const T = Date.UTC(2026, 0, 1);
const identity: CallIdentity = { callSid: "CA1", accountSid: "AC1", from: "+15005550001", to: "+15005550006", direction: "inbound" };
const hangup = { by: "caller", cause: "hangup" } as const;
const dial = (epoch: number): Effect => ({ type: "model.dial", epoch, chosen: 0 });
const close = (epoch: number): Effect => ({ type: "model.close", epoch });
const respond: Effect = { type: "model.respond", eventId: "e1" };
const flush: Effect = { type: "caller.flush" };
const log = (event: string, fields: Record<string, string> = {}): Effect => ({ type: "log", level: "warning", event, fields });

type Loss = Partial<Extract<CallEvent, { type: "model.lost" }>>;
const ready = (atMs: number, epoch = 1): CallEvent => ({
  type: "model.ready",
  atMs: T + atMs,
  epoch,
  inputFormat: undefined,
  outputFormat: undefined,
});
const started = (atMs: number, responseId = "r1", epoch = 1): CallEvent => ({
  type: "model.responseStarted",
  atMs: T + atMs,
  epoch,
  responseId,
});
const audio = (atMs: number, responseId = "r1"): CallEvent => ({
  type: "model.audio",
  atMs: T + atMs,
  epoch: 1,
  responseId,
  itemId: "i",
  contentIndex: 0,
  payload: "////",
});
const lost = (atMs: number, more: Loss = {}): CallEvent => ({
  type: "model.lost",
  atMs: T + atMs,
  epoch: 1,
  code: 1006,
  reason: "",
  httpStatus: undefined,
  failure: undefined,
  ...more,
});
const done = (atMs: number, more: Partial<Extract<CallEvent, { type: "model.responseDone" }>> = {}): CallEvent => ({
  type: "model.responseDone",
  atMs: T + atMs,
  epoch: 1,
  responseId: "r1",
  status: "completed",
  hasCalls: false,
  calls: [],
  reason: undefined,
  error: undefined,
  usage: { inputTokens: 120, outputTokens: 40, totalTokens: 160 },
  ...more,
});

function recordOf(more: Partial<CallRecord> = {}): CallRecord {
  const counts = { framesReceived: 0, framesRepeated: 0, paddedMs: 0, badFrames: 0, badEvents: 0, modelErrors: 0, sentMs: 0, heardMs: 0 };
  const turn = { trigger: "speech", triggeredAtMs: T, latencyMs: 500, interrupted: false } as const;
  return {
    identity,
    createdAtMs: T,
    startedAtMs: T,
    endedAtMs: T + 9_000,
    end: hangup,
    fallback: "recovered",
    longestWaitMs: 1_250,
    twilioCode: undefined,
    costUsd: 0,
    transfers: [],
    turns: [{ ...turn, callerText: "my number is +15005550001", modelText: "thank you" }],
    counts: { ...counts, bargeIns: 2, modelDials: 1, resumes: 0 },
    ...more,
  };
}

/** Shows a call to its spans: effects as [atMs, effect]. Returns the spans that ended. */
function trace(steps: readonly (CallEvent | readonly [number, Effect])[], end: CallRecord["end"] = hangup, capturesContent = false) {
  const ended: ReadableSpan[] = [];
  const processor = {
    onStart: () => {},
    onEnd: (span: ReadableSpan) => void ended.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer("test");
  const watch = callSpans({ tracer, capturesContent })(observed(identity, T));
  const awaited: boolean[] = [];
  for (const step of steps) {
    if ("type" in step) watch.event(step);
    else watch.effect(step[1], T + step[0]);
    awaited.push(watch.awaitsAudio);
  }
  watch.ended(end, noFrames, T + 9_000);
  return { ended, awaited, named: (name: string) => ended.filter((span) => span.name === name) };
}

const msOf = ([seconds, nanoseconds]: readonly [number, number]): number => seconds * 1_000 + nanoseconds / 1e6 - T;
const RESPONSE = "generate_content gpt-a";

test("callSpans: a call, its connection, and a response nest, with their times", () => {
  const { ended } = trace([[100, dial(1)], ready(300), started(400), audio(650), done(2_000), [8_000, close(1)]]);
  const [response, connection, call] = ended;
  assertEquals(
    ended.map(({ name }) => name),
    [RESPONSE, "model connection", "call"],
  );
  assertEquals([call?.parentSpanContext, connection?.parentSpanContext?.spanId], [undefined, call?.spanContext().spanId]);
  assertEquals(response?.parentSpanContext?.spanId, connection?.spanContext().spanId);
  assertEquals(new Set(ended.map((span) => span.spanContext().traceId)).size, 1);
  assertEquals(
    ended.map(({ startTime, endTime }) => [msOf(startTime), msOf(endTime)]),
    [
      [400, 2_000],
      [100, 8_000],
      [0, 9_000],
    ],
  );
});

test("callSpans: a response has its usage, its model, and the time to its first audio only", () => {
  const { named } = trace([[0, dial(1)], started(400), audio(650), audio(900), done(2_000)]);
  assertEquals(named(RESPONSE)[0]?.attributes, {
    "gen_ai.conversation.id": "CA1",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-a",
    "gen_ai.operation.name": "generate_content",
    "gen_ai.output.type": "speech",
    "gen_ai.request.stream": true,
    "gen_ai.response.id": "r1",
    "gen_ai.response.time_to_first_chunk": 0.25,
    "gen_ai.response.finish_reasons": ["completed"],
    "gen_ai.usage.input_tokens": 120,
    "gen_ai.usage.output_tokens": 40,
  });
});

test("callSpans: a response that voice requested begins with the request", () => {
  const { named } = trace([
    [0, dial(1)],
    [300, respond],
    started(400),
    audio(650),
    done(2_000),
    started(3_000, "r2"),
    done(3_100, { responseId: "r2" }),
  ]);
  assertEquals(
    named(RESPONSE).map(({ startTime }) => msOf(startTime)),
    [300, 3_000],
  );
  assertEquals(named(RESPONSE)[0]?.attributes["gen_ai.response.time_to_first_chunk"], 0.35);
});

test("callSpans: audio is awaited from the start of a response to its first audio, and not before or after", () => {
  const { awaited } = trace([[0, dial(1)], started(400), audio(650), done(2_000), started(3_000, "r2"), lost(4_000)]);
  assertEquals(awaited, [false, true, false, false, true, false]);
});

test("callSpans: a response that was never announced has a span all the same", () => {
  const { named } = trace([[0, dial(1)], done(2_000)]);
  assertEquals(named(RESPONSE).length, 1);
});

for (const [what, more, finish, error] of [
  ["is cancelled by the caller's speech", { status: "cancelled", reason: "turn_detected" }, "turn_detected", undefined],
  ["is incomplete", { status: "incomplete", reason: "max_output_tokens" }, "max_output_tokens", undefined],
  [
    "fails with a code",
    {
      status: "failed",
      error: { type: "a", code: "rate_limit_exceeded", message: "for +15005550001", param: undefined, eventId: undefined },
    },
    "failed",
    "rate_limit_exceeded",
  ],
  ["fails with nothing", { status: "failed" }, "failed", "failed"],
  [
    "fails with a sentence for a code",
    { status: "failed", error: { type: "a", code: "call +15005550001", message: "", param: undefined, eventId: undefined } },
    "failed",
    "_OTHER",
  ],
] as const) {
  test(`callSpans: a response that ${what}`, () => {
    const [span] = trace([[0, dial(1)], started(400), done(2_000, more)]).named(RESPONSE);
    assertEquals(span?.attributes["gen_ai.response.finish_reasons"], [finish]);
    assertEquals([span?.attributes["error.type"], span?.status.code === SpanStatusCode.ERROR], [error, error !== undefined]);
  });
}

for (const [what, steps, error] of [
  ["closed by voice", [[0, dial(1)], ready(100), [5_000, close(1)]], undefined],
  ["open at the end of the call", [[0, dial(1)], ready(100)], undefined],
  ["refused", [[0, dial(1)], lost(200, { httpStatus: 401 })], "401"],
  ["unreachable", [[0, dial(1)], lost(200)], "unreachable"],
  ["lost while in use", [[0, dial(1)], ready(100), lost(4_000, { code: 1011 })], "closed_1011"],
] as const) {
  test(`callSpans: a connection that is ${what}`, () => {
    const [span] = trace(steps as Parameters<typeof trace>[0]).named("model connection");
    assertEquals([span?.attributes["error.type"], span?.status.code === SpanStatusCode.ERROR], [error, error !== undefined]);
    assertEquals(span?.attributes["server.address"], "api.example");
  });
}

test("callSpans: a response that is open when its connection ends, ends with it; each connection has its own", () => {
  const { named } = trace([
    [0, dial(1)],
    ready(100),
    started(400),
    [900, dial(2)],
    started(1_000, "r2", 2),
    lost(4_000),
    done(5_000, { responseId: "r2", epoch: 2 }),
  ]);
  const [first, second] = named(RESPONSE);
  assertEquals([first?.attributes["error.type"], second?.attributes["error.type"]], ["closed_1006", undefined]);
  assertEquals(
    named("model connection").map(({ attributes }) => attributes["voice.model.connection"]),
    [1, 2],
  );
});

test("callSpans: barge-in, recovery and fallback are events of the call", () => {
  const speech: CallEvent = { type: "model.speechStarted", atMs: T + 3_000, epoch: 1, itemId: "i" };
  const key: CallEvent = { type: "caller.keyPressed", atMs: T + 4_000, epoch: "MZ1", sequence: 1, digit: "7" };
  const rang: CallEvent = { type: "clock.rang", atMs: T + 4_500 };
  const givenUp = log("call.givenUp", { cause: "modelFailed", next: "say", detail: "for +15005550001" });
  const steps = [
    speech,
    [3_001, flush],
    key,
    [4_001, flush],
    rang,
    [4_501, flush],
    [5_000, log("model.lost", { detail: "x" })],
    [6_000, givenUp],
    [6_001, log("model.ready")],
  ] as const;
  const [call] = trace(steps as unknown as Parameters<typeof trace>[0], { by: "model", cause: "modelFailed" }).named("call");
  assertEquals(
    call?.events.map(({ name, attributes }) => [name, attributes]),
    [
      ["voice.barge_in", { "voice.barge_in.by": "speech" }],
      ["voice.barge_in", { "voice.barge_in.by": "key" }],
      ["voice.recovery", { "voice.recovery.reason": "model.lost" }],
      ["voice.fallback", { "voice.fallback.level": "apology", "voice.call.cause": "modelFailed" }],
    ],
  );
  assertEquals(
    [call?.attributes["voice.call.end_by"], call?.attributes["error.type"], call?.status.code],
    ["model", "modelFailed", SpanStatusCode.ERROR],
  );
});

for (const [by, cause, error] of [
  ["caller", "hangup", undefined],
  ["agent", "hungUp", undefined],
  ["agent", "transferred", undefined],
  ["operator", "drained", undefined],
  ["network", "streamLost", "streamLost"],
  ["server", "bug", "bug"],
] as const) {
  test(`callSpans: a call that the ${by} ended, ${cause}`, () => {
    const [call] = trace([], { by, cause }).named("call");
    assertEquals([call?.attributes["error.type"], call?.status.code === SpanStatusCode.ERROR], [error, error !== undefined]);
  });
}

test("callSpans: the record gives the call its fallback, its counts and its longest wait", () => {
  const [call] = trace([[9_000, { type: "record.save", record: recordOf() }]]).named("call");
  assertEquals(call?.attributes, {
    "gen_ai.conversation.id": "CA1",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-a",
    "gen_ai.agent.name": "reception",
    "voice.call.direction": "inbound",
    "voice.call.end_by": "caller",
    "voice.call.cause": "hangup",
    "voice.call.fallback": "recovered",
    "voice.call.barge_ins": 2,
    "voice.call.turns": 1,
    "voice.call.longest_wait": 1.25,
  });
  assertEquals(call?.status.code, SpanStatusCode.UNSET);
});

const said: readonly (CallEvent | readonly [number, Effect])[] = [
  [0, dial(1)],
  started(400),
  { type: "model.responseTranscribed", atMs: T + 1_000, epoch: 1, responseId: "r1", itemId: "i", text: "thank" },
  { type: "model.responseTranscribed", atMs: T + 1_100, epoch: 1, responseId: "r1", itemId: "j", text: "you" },
  done(2_000),
  [9_000, { type: "record.save", record: recordOf() }],
];

test("callSpans: without being asked, no transcript and no telephone number is in any span", () => {
  const { ended } = trace(said);
  const text = JSON.stringify(ended.map(({ name, attributes, events }) => [name, attributes, events]));
  assert(!/thank|\+1500|5550001|messages/.test(text), text);
});

test("callSpans: asked for, transcripts are in the response and in the call, in the conventions' JSON", () => {
  const { named } = trace(said, hangup, true);
  const parse = (value: unknown): unknown => JSON.parse(String(value));
  assertEquals(parse(named(RESPONSE)[0]?.attributes["gen_ai.output.messages"]), [
    { role: "assistant", parts: [{ type: "text", content: "thank you" }] },
  ]);
  assertEquals(parse(named("call")[0]?.attributes["gen_ai.input.messages"]), [
    { role: "user", parts: [{ type: "text", content: "my number is +15005550001" }] },
  ]);
});

test("callSpans: of long conversations the newest messages are kept, whole", () => {
  const turns = Array.from({ length: 100 }, (_, n) => ({ ...recordOf().turns[0], callerText: `${n} ${"x".repeat(1_000)}` }));
  const record = recordOf({ turns: turns as unknown as CallRecord["turns"] });
  const [call] = trace([[9_000, { type: "record.save", record }]], hangup, true).named("call");
  const kept = JSON.parse(String(call?.attributes["gen_ai.input.messages"])) as { parts: { content: string }[] }[];
  assertEquals([kept.length, kept.at(-1)?.parts[0]?.content.slice(0, 3)], [32, "99 "]);
});

test("callSpans: responses that never end are ended, so that a server cannot fill the memory", () => {
  const many = Array.from({ length: 40 }, (_, n) => started(n * 10, `r${n}`));
  const { named } = trace([[0, dial(1)], ...many]);
  assertEquals(named(RESPONSE).length, 40);
  assertEquals(named(RESPONSE).filter(({ attributes }) => attributes["error.type"] === "abandoned").length, 24);
});
