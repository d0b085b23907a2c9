// The checks of what the caller hears and when, on calls in virtual time.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
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
  ["an echo", "reply.latency", sayAt(600, 3_500), true, undefined, 0],
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
