// The checks of several calls, on two calls in virtual time, each with its tone.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { CONCURRENCY_CHECKS } from "../../../src/doctor/checks/concurrency.ts";
import { sid } from "../../../src/simulators/twilio/seeded-ids.ts";
import { beep, evidenceOf, judge, media, outcome, playStream, type Script } from "./virtual-stream.ts";

const [hz1, hz2] = [1_030, 1_390];
const greeting = [300, media(beep(500, 500))] as const;
const first: Script = {
  toneHz: hz1,
  server: [greeting, [4_000, media(beep(500, 500))], [13_000, media(beep(500, 500))]],
  caller: [
    [2_000, "spoke", beep(700, 1_000)],
    [6_000, "together"],
    [11_000, "tone", beep(hz1, 1_200)],
  ],
  hangUpMs: 16_000,
};
const second: Script = {
  toneHz: hz2,
  server: [greeting, [3_900, media(beep(500, 500))]],
  caller: [[2_000, "tone", beep(hz2, 1_200)]],
  hangUpMs: 16_000,
};
const more = (script: Script, ...acts: NonNullable<Script["server"]>): Script => ({
  ...script,
  server: [...(script.server ?? []), ...acts],
});
const foreign = sid("MZ", "call 2", "1");

/** As the doctor plays it: the second caller is silent until the first has been answered. */
const lasting: Script = { ...first, hangUpMs: 19_000 };
const unanswered: Script = { ...lasting, server: [greeting, [4_000, media(beep(500, 500))]] };
const later: Script = {
  toneHz: hz2,
  server: [greeting, [17_000, media(beep(500, 500))]],
  caller: [[15_000, "tone", beep(hz2, 1_200)]],
  hangUpMs: 19_000,
};

const cases: readonly (readonly [name: string, id: string, one: Script, other: Script, ok: boolean | undefined, cause?: string])[] = [
  ["two healthy calls", "concurrency.isolated", first, second, true],
  ["two healthy calls", "concurrency.second-call", first, second, true],
  [
    "the other's streamSid",
    "concurrency.isolated",
    more(first, [9_000, media(beep(500, 100), foreign)]),
    second,
    false,
    "concurrency-shared-state",
  ],
  ["the other's tone", "concurrency.isolated", more(first, [9_000, media(beep(hz2, 1_000))]), second, false, "concurrency-shared-state"],
  ["its own tone", "concurrency.isolated", more(first, [12_500, media(beep(hz1, 1_000))]), second, true],
  [
    "the answer goes to the other caller",
    "concurrency.isolated",
    { ...first, server: [greeting, [4_000, media(beep(500, 500))]] },
    more(second, [13_000, media(beep(500, 500))]),
    false,
    "concurrency-shared-state",
  ],
  [
    "neither is answered while both are up",
    "concurrency.second-call",
    { ...first, server: [greeting, [4_000, media(beep(500, 500))]] },
    { ...second, server: [greeting] },
    false,
    "concurrency-call-fails",
  ],
  ["the second is not answered", "concurrency.second-call", first, { ...second, server: [greeting] }, false, "concurrency-call-fails"],
  ["the first ends", "concurrency.second-call", more(first, [6_500, { close: 1001 }]), second, false, "concurrency-call-fails"],
  [
    "the second ends",
    "concurrency.second-call",
    first,
    more(second, [500, { close: 1013, reason: "busy" }]),
    false,
    "concurrency-call-fails",
  ],
  ["the second speaks after the first", "concurrency.isolated", lasting, later, true],
  ["the second speaks after the first", "concurrency.second-call", lasting, later, true],
  [
    "the answer goes to the other caller, who has only listened",
    "concurrency.isolated",
    unanswered,
    more(later, [13_000, media(beep(500, 500))]),
    false,
    "concurrency-shared-state",
  ],
  [
    "a greeting that comes late is the second's own",
    "concurrency.isolated",
    unanswered,
    { ...later, server: [[13_000, media(beep(500, 500))]] },
    true,
  ],
  [
    "the rest of the first's reply is not the second's greeting",
    "concurrency.isolated",
    { ...lasting, server: [greeting, [4_000, media(beep(500, 4_000))], [13_000, media(beep(500, 500))]] },
    { ...later, server: [] },
    true,
  ],
  ["the second gets no greeting", "concurrency.second-call", first, { ...second, server: [] }, false, "concurrency-call-fails"],
];
for (const [name, id, one, other, ok, cause] of cases) {
  test(`${id}: ${name}: ${cause ?? ok}`, () => assertEquals(outcome(judge(id, one, other)), [ok, cause]));
}

test("CONCURRENCY_CHECKS: one call is not judged", () => {
  for (const id of ["concurrency.isolated", "concurrency.second-call", "concurrency.cold-start"])
    assertEquals(judge(id, first).ok, undefined);
});

test("concurrency.cold-start: compares the first call with the last, and reports how long the first waited", () => {
  const { ok, ms } = judge("concurrency.cold-start", first, second, second);
  assertEquals([ok, ms], [true, 20]);
});

test("concurrency.second-call: says why there was none", () => {
  assertStringIncludes(judge("concurrency.second-call", { server: [greeting] }).actual, "--calls 2");
  const ended = judge("concurrency.second-call", { server: [greeting, [5_000, { close: 1000 }]], hangUpMs: 0 });
  assertEquals([ended.ok, ended.actual], [undefined, "the call ended before a second one was placed"]);
});

test("concurrency.second-call: streams that end at the same age have met a limit, and not each other", () => {
  const one = playStream(more(first, [12_000, { close: 1006 }]));
  const check = CONCURRENCY_CHECKS.find(({ id }) => id === "concurrency.second-call");
  const other = playStream({ ...second, number: 2 });
  const judged = [false, true].map((isLimited) => check?.judge(evidenceOf({ ...one, isLimited }, other)).ok);
  assertEquals(judged, [false, undefined]);
});
