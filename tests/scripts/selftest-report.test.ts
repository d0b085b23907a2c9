// How the gate reads a selftest's report: the checks are counted, and the exit code has the last word.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { readSelftest } from "../../scripts/selftest-report.ts";

const report = (...oks: boolean[]): string =>
  JSON.stringify({ checks: oks.map((ok, i) => ({ id: `check-${i}`, level: ok ? "ok" : "error", ms: 1 })) });

for (const [name, json, exitCode, passed, failed] of [
  ["all green", report(true, true), 0, 2, 0],
  ["one red", report(true, false), 1, 1, 1],
  ["a red check with exit code 0", report(true, false), 0, 1, 2],
  ["exit code 1 without a red check", report(true), 1, 1, 1],
  ["no checks", report(), 0, 0, 1],
  ["no report", "", 0, 0, 1],
  ["another shape", '{"checks":[{"id":"a"}]}', 0, 0, 1],
  ["null", "null", 0, 0, 1],
  ["killed", report(true), null, 1, 1],
] as const) {
  test(`readSelftest: ${name}: ${passed} passed, ${failed} failed`, () => {
    const tally = readSelftest(json, exitCode);
    assertEquals([tally.passed, tally.failed.length, tally.skipped.length], [passed, failed, 0]);
  });
}
