// /proc: its text, and what becomes of the samples.

import { test } from "bun:test";
import { existsSync } from "node:fs";
import process from "node:process";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/config/usage-error.ts";
import { ownCpuMs, parseStat, readProcess, type UsageSample, usageOf } from "../../../src/load/wire/process-usage.ts";

const stat = (name: string): string => `42 (${name}) S 1 42 42 0 -1 4194560 5 0 0 0 123 45 0 0 20 0 1 0 100 0 0`;

for (const name of ["voice", "a b", "a) S 9 9 (b"]) {
  test(`parseStat: a program named ${name}`, () => {
    assertEquals(parseStat(stat(name)), { userMs: 1_230, systemMs: 450 });
  });
}

test("parseStat: other text is not taken for numbers", () => {
  assertEquals([parseStat(""), parseStat("42 (voice) S 1")], [undefined, undefined]);
});

test("readProcess: this process, where there is a /proc", () => {
  if (existsSync("/proc/self/stat")) assert(readProcess(process.pid).residentBytes > 1_000_000);
  assert(ownCpuMs() > 0);
});

test("readProcess: no such process is wrong use", () => {
  assertThrows(() => readProcess(4_194_304), UsageError, "--pid 4194304");
});

const sample = (atMs: number, active: number, userMs: number, systemMs: number, residentBytes = 0): UsageSample => ({
  atMs,
  active,
  userMs,
  systemMs,
  residentBytes,
});

test("usageOf: CPU time counts while nearly all calls are in progress, memory from before the first", () => {
  const samples = [
    sample(0, 0, 100, 50, 1_000),
    sample(1_000, 5, 900, 500, 2_000), // the calls arrive
    sample(2_000, 10, 1_000, 600, 4_000),
    sample(3_000, 10, 1_030, 610, 5_000),
    sample(4_000, 10, 1_060, 620, 6_000),
    sample(5_000, 2, 9_000, 9_000, 3_000),
  ];
  const usage = usageOf(42, samples, 10);
  assertEquals([usage?.userMsPerCallSecond, usage?.systemMsPerCallSecond, usage?.coreShare], [3, 1, 0.04]);
  assertEquals([usage?.idleBytes, usage?.peakBytes, usage?.bytesPerCall], [1_000, 6_000, 500]);
});

test("usageOf: nothing without calls", () => {
  assertEquals([usageOf(42, [], 10), usageOf(42, [sample(0, 0, 0, 0), sample(1_000, 0, 5, 5)], 10)], [undefined, undefined]);
});
