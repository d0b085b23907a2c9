// What the numbers of a run mean, and the exit code that they lead to.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { readThreshold } from "../../../src/load/measure/thresholds.ts";
import { loadFindings, rampFinding } from "../../../src/load/report/findings.ts";
import { exitCodeOf } from "../../../src/report/finding.ts";
import { type Made, madeResult } from "../made.ts";

const problems = (made: Made, thresholds: readonly string[] = []) =>
  loadFindings(
    madeResult(made),
    thresholds.flatMap((text) => {
      const threshold = readThreshold(text);
      return "bad" in threshold ? [] : [threshold];
    }),
  ).filter(({ level }) => level !== "ok");

test("loadFindings: nothing is wrong with a good run", () => {
  assertEquals(problems({}, ["first_audio_p95>800ms"]), []);
});

for (const [id, level, made] of [
  ["calls.connected", "error", { counts: { failed: { count: 1, of: 10 } } }],
  ["calls.connected", "error", { counts: { dropped: { count: 1, of: 10 } } }],
  ["calls.audible", "error", { counts: { silent: { count: 1, of: 10 } } }],
  ["audio.crosstalk", "error", { counts: { crosstalk: { count: 1, of: 10 } } }],
  ["audio.complete", "warning", { counts: { lost: { count: 1, of: 10 } } }],
  ["audio.complete", "warning", { counts: { duplicated: { count: 1, of: 10 } } }],
  ["audio.complete", "warning", { counts: { reordered: { count: 1, of: 10 } } }],
  ["turns.answered", "warning", { counts: { unanswered: { count: 1, of: 10 } } }],
  ["turns.cleared", "warning", { counts: { not_cleared: { count: 1, of: 10 } } }],
  ["messages.valid", "warning", { counts: { bad: { count: 1, of: 10 } } }],
  ["meter.keeps-up", "warning", { durations: { lag: [20] } }],
  ["audio.crosstalk", "untested", { counts: { crosstalk: { count: 0, of: 0 } } }],
] as const) {
  test(`loadFindings: ${JSON.stringify(made)} is ${id}, ${level}`, () => {
    assertEquals(
      problems(made).map((finding) => [finding.id, finding.level]),
      [[id, level]],
    );
  });
}

test("loadFindings: a server that no call reached is unreachable, exit code 3", () => {
  const none = { count: 0, of: 0 };
  const counts = { failed: { count: 10, of: 10 }, dropped: none, silent: none };
  const findings = problems({ counts, unreachable: 10, reasons: ["webhook: refused"] });
  assertEquals([findings[0]?.level, exitCodeOf(findings)], ["unreachable", 3]);
  assertEquals(findings[0]?.evidence, ["1 x webhook: refused"]);
});

test("loadFindings: each threshold is a finding, and fails when it was not measured", () => {
  const [late, missing] = problems({}, ["turn_p50>400ms", "frame_p99>1s"]);
  assertEquals([late?.id, late?.level, late?.actual], ["threshold.turn_p50", "error", "turn_p50 was 500.0 ms"]);
  assertEquals([missing?.level, missing?.actual], ["error", "nothing was measured"]);
});

test("rampFinding: the last number that was sustained, and what ended it", () => {
  const steps = [
    { calls: 10, verdict: { type: "sustained" } },
    { calls: 30, verdict: { type: "broken", what: "30 calls failed" } },
    { calls: 20, verdict: { type: "meter", what: "the meter was late" } },
  ] as const;
  const found = rampFinding(steps, madeResult());
  assertEquals([found.level, found.actual], ["ok", "10 calls were sustained; at 20: the meter was late"]);
  assertEquals(rampFinding(steps.slice(1), madeResult()).level, "error");
  assertEquals(rampFinding(steps.slice(1), madeResult({ unreachable: 5 })).level, "unreachable");
  assertStringIncludes(rampFinding(steps.slice(0, 1), madeResult()).actual, "no limit was found");
});
