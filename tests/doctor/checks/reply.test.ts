// The checks of what the caller hears and when, on calls in virtual time.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { callersSpeech } from "../../../src/doctor/probe/callers-speech.ts";
import { beep, judge, media, type Script } from "./virtual-stream.ts";

const spoke = [3_000, "spoke", beep(700, 1_000)] as const;
const sayAt = (...times: readonly number[]): Script => ({
  server: times.map((atMs) => [atMs, media(beep(500, 800))]),
  caller: [spoke],
  hangUpMs: 14_000,
});

const cases: readonly (readonly [
  name: string,
  id: string,
  script: Script,
  ok: boolean | undefined,
  cause?: string | undefined,
  ms?: number,
])[] = [
  ["a greeting", "reply.first-audio", sayAt(600), true, undefined, 600],
  ["a greeting after 5 s", "reply.first-audio", sayAt(5_000), true, undefined, 5_000],
  ["nothing", "reply.first-audio", sayAt(), false, "stream-silent"],
  ["nothing, and closed early", "reply.first-audio", { server: [[2_000, { close: 1011 }]] }, undefined],
  [
    "nothing but silence",
    "reply.first-audio",
    { ...sayAt(), server: [[600, media(new Uint8Array(8_000).fill(0xff))]] },
    false,
    "stream-silent",
  ],
  ["a quick answer", "reply.latency", sayAt(600, 4_900), true, undefined, 900],
  ["an answer after 3 s", "reply.latency", sayAt(600, 7_000), false, "reply-late", 3_000],
  ["an answer without a greeting", "reply.latency", sayAt(5_000), true, undefined, 1_000],
  ["a late greeting", "reply.latency", sayAt(600, 3_500), true, undefined, 0],
  ["no answer", "reply.latency", sayAt(600), false, "reply-none"],
  ["no answer, nothing at all", "reply.latency", sayAt(), undefined],
  [
    "closed before an answer was due",
    "reply.latency",
    {
      ...sayAt(600),
      server: [
        [600, media(beep(500, 800))],
        [5_000, { close: 1000 }],
      ],
    },
    undefined,
  ],
  ["music all the time", "reply.latency", { ...sayAt(), server: [[600, media(beep(500, 12_000))]] }, undefined],
];
for (const [name, id, script, ok, cause, ms] of cases) {
  test(`${id}: ${name}: ${cause ?? ok}`, () => {
    const found = judge(id, script);
    assertEquals([found.ok, found.cause, ms === undefined ? undefined : found.ms], [ok, cause, ms]);
  });
}

test("reply.latency: 3 s is a warning, 6 s an error", () => {
  assertEquals(judge("reply.latency", sayAt(600, 7_000)).level, "warning");
  assertEquals(judge("reply.latency", sayAt(600, 10_000)).level, "error");
});

const spokeThrice = {
  caller: [spoke, [7_000, "spoke", beep(700, 1_000)], [11_000, "spoke", beep(700, 1_000)]] as const,
  hangUpMs: 17_000,
};
const answers = (...delays: readonly number[]): Script => ({
  ...spokeThrice,
  server: delays.map((delayMs, at) => [4_000 + at * 4_000 + delayMs, media(beep(500, 800))] as const),
});

test("reply.latency: each reply is measured, and the slowest decides", () => {
  const { ok, ms, actual } = judge("reply.latency", answers(500, 600, 500));
  assertEquals([ok, ms, actual], [true, 600, "0.50 s, 0.60 s, 0.50 s after the caller's last word"]);
  assertEquals(judge("reply.latency", answers(500, 600, 3_000)).cause, "reply-late");
});

test("reply.latency: a reply that was sent in time and waited behind silence", () => {
  const silence = media(new Uint8Array(24_000).fill(0xff));
  const script: Script = {
    ...sayAt(),
    server: [
      [3_500, silence],
      [4_500, media(beep(500, 800))],
    ],
    hangUpMs: 14_000,
  };
  const waits: Script = { ...script, server: [[4_400, silence], ...(script.server ?? [])] };
  assertEquals(judge("reply.latency", script).ok, true);
  assertEquals(judge("reply.latency", waits).cause, "reply-queued");
});

test("reply.steady: replies that each take longer, replies that vary, and too few replies", () => {
  assertEquals(judge("reply.steady", answers(500, 1_000, 1_700)).cause, "reply-lag-grows");
  assertEquals(judge("reply.steady", answers(500, 1_700, 900)).ok, true);
  assertEquals(judge("reply.steady", answers(500, 1_700)).ok, undefined);
});

test("reply.steady: of many replies, a few may break the order", () => {
  const many = (...delays: readonly number[]): Script => ({
    caller: delays.map((_, at) => [3_000 + at * 5_000, "spoke", beep(700, 1_000)] as const),
    server: delays.map((delayMs, at) => [4_000 + at * 5_000 + delayMs, media(beep(500, 800))] as const),
    hangUpMs: 3_000 + delays.length * 5_000,
  });
  assertEquals(judge("reply.steady", many(400, 600, 560, 900, 1_000, 1_300)).cause, "reply-lag-grows");
  assertEquals(judge("reply.steady", many(400, 900, 500, 1_300, 450, 1_300)).ok, true);
  assertEquals(
    judge("reply.steady", many(400, 420, 400, 410, 400, 430)).actual,
    "0.40 s, 0.42 s, ..., 0.40 s, 0.43 s after the caller's last word, at most 0.43 s in 6 replies",
  );
});

test("reply.continues: an answer to the first words only, to all of them, and silence too short to judge", () => {
  assertEquals(judge("reply.continues", { ...answers(500), hangUpMs: 19_000 }).cause, "reply-stops");
  assertEquals(judge("reply.continues", answers(500, 600, 500)).ok, true);
  assertEquals(judge("reply.continues", answers(500, 600)).ok, true);
  assertEquals(judge("reply.continues", answers()).ok, undefined);
});

test("reply.first-audio: a greeting after 12 s, not an agent that waits for the caller, nor one that is always slow", () => {
  const spokeTwice = [
    [6_000, "spoke", beep(700, 1_000)],
    [14_000, "spoke", beep(700, 1_000)],
  ] as const;
  const at = (...times: readonly number[]): Script => ({
    server: times.map((atMs) => [atMs, media(beep(500, 800))] as const),
    caller: spokeTwice,
    hangUpMs: 20_000,
  });
  const late = judge("reply.first-audio", at(12_000, 15_800));
  assertEquals([late.cause, late.level], ["greeting-late", "error"]);
  assertEquals(judge("reply.latency", at(12_000, 15_800)).ms, 800);
  assertEquals(judge("reply.first-audio", at(8_000, 15_800)).ok, true);
  assertEquals(judge("reply.first-audio", at(11_000, 19_000)).ok, true);
  assertEquals(judge("reply.latency", at(11_000, 19_000)).cause, "reply-late");
});

test("reply.latency: an echo has no latency", () => {
  const voice = callersSpeech();
  const frames = Array.from({ length: voice.length / 160 }, (_, at) => voice.subarray(at * 160, (at + 1) * 160));
  const server = frames.map((frame, at) => [3_300 + at * 20, media(frame)] as const);
  const echo = judge("reply.latency", { server, caller: [[3_000, "spoke", voice]], hangUpMs: 14_000 });
  assertEquals(echo.ok, undefined);
  assertStringIncludes(echo.actual, "an echo has no latency");
});

test("reply.first-audio: a silent server that answers no ping is blocked, one that does is silent", () => {
  const silent: Script = { ...sayAt(), caller: [spoke, [12_000, "pinged", { type: "ping" }]] };
  assertEquals(judge("reply.first-audio", silent).cause, "stream-blocked");
});
