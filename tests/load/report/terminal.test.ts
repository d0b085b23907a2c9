// The text of a run: everything that was measured is in it, and nothing that was not.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { loadFindings, rampFinding } from "../../../src/load/report/findings.ts";
import type { LoadReport } from "../../../src/load/report/load-report.ts";
import { loadText, verdictOf } from "../../../src/load/report/terminal.ts";
import { exitCodeOf } from "../../../src/report/finding.ts";
import { madeReport } from "../../report/made.ts";
import { type Made, madeResult } from "../made.ts";

export function madeLoadReport(made: Made = {}, steps?: LoadReport["steps"]): LoadReport {
  const result = madeResult(made);
  const findings = loadFindings(result, []);
  const report = madeReport({ tool: "load", findings, exitCode: exitCodeOf(findings) });
  return { ...report, target: "http://127.0.0.1:8080/twilio/voice", result, steps };
}

test("loadText: the verdict first, then counts, durations and their distribution", () => {
  const text = loadText(madeLoadReport({ durations: { turn: [501, 502, 530] } }), false);
  assert(text.startsWith("Carried: 10 calls at the same time.\n"));
  for (const part of ["end of speech to first audio", "0 lost", "█", "meter: 10 % of a core", "100 call-seconds"])
    assertStringIncludes(text, part);
  for (const part of ["barge-in to clear", "server (pid", "\u001b", "undefined", "NaN"]) assert(!text.includes(part), part);
});

test("loadText: a problem has its fix, and the reasons of the calls that failed", () => {
  const text = loadText(madeLoadReport({ counts: { failed: { count: 3, of: 10 } }, reasons: ["webhook: Got HTTP 503"] }), false);
  assert(text.startsWith("Not carried: 10 calls at the same time; calls.connected: 3 failed"));
  for (const part of ["✗ calls.connected", "1 x webhook: Got HTTP 503", "fix: run voice doctor"]) assertStringIncludes(text, part);
});

test("loadText: what a server says cannot give the terminal orders", () => {
  const text = loadText(madeLoadReport({ counts: { failed: { count: 1, of: 10 } }, reasons: ["\u001b[2Jgone\nvoice: fine"] }), false);
  assert(!text.includes("\u001b") && !text.includes("\nvoice: fine"));
});

test("loadText: with --pid, CPU time and memory; of few calls the memory is mostly warm-up", () => {
  const target = {
    pid: 7,
    userMsPerCallSecond: 3,
    systemMsPerCallSecond: 1,
    coreShare: 0.4,
    idleBytes: 5e7,
    peakBytes: 9e7,
    bytesPerCall: 400_000,
  };
  const text = loadText(madeLoadReport({ target }), false);
  for (const part of ["server (pid 7): 4.00 ms of CPU per call-second", "400 kB per call", "warm-up"]) assertStringIncludes(text, part);
  assert(!loadText(madeLoadReport({ target, calls: 60 }), false).includes("warm-up"));
});

test("verdictOf: warnings are counted, one call is not several", () => {
  assertEquals(
    verdictOf(madeLoadReport({ calls: 1, counts: { lost: { count: 1, of: 5 } } })),
    "Carried: 1 call at the same time, with 1 warning.",
  );
});

test("verdictOf: a ramp says what was sustained, or that the meter could not place the first step", () => {
  const ramp = (steps: NonNullable<LoadReport["steps"]>): string => {
    const report = madeLoadReport({}, steps);
    return verdictOf({ ...report, findings: [rampFinding(steps, report.result)], exitCode: 1 });
  };
  const late = { calls: 20, verdict: { type: "meter", what: "the meter was late" } } as const;
  assertEquals(
    ramp([{ calls: 10, verdict: { type: "sustained" } }, late]),
    "Sustained: 10 calls were sustained; at 20: the meter was late.",
  );
  assertEquals(ramp([late]), "Nothing is known of the server: no number of calls was sustained; at 20: the meter was late.");
  const broken = { calls: 10, verdict: { type: "broken", what: "3 of 10 calls failed" } } as const;
  assertEquals(ramp([broken]), "Not sustained: no number of calls was sustained; at 10: 3 of 10 calls failed.");
});
