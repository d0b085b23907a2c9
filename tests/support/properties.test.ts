// The property helper: which cases it tries, and what it says about one that fails.

import { test } from "bun:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { checkProperty, FRESH_RUNS_MAX, freshSeed } from "./properties.ts";

function casesOf(options: Parameters<typeof checkProperty>[1]): readonly number[] {
  const cases: number[] = [];
  checkProperty(
    fc.property(fc.nat(), (n) => void cases.push(n)),
    options,
  );
  return cases;
}

test("checkProperty: the fixed and the failed seeds give the same cases each time, those of the seed that is set are bounded", () => {
  const cases = casesOf({ numRuns: 150, failedSeeds: [7] });
  assertEquals(cases.length, 150 + 150 + FRESH_RUNS_MAX);
  assertEquals(casesOf({ numRuns: 150, failedSeeds: [7] }).slice(0, 300), cases.slice(0, 300));
  assertEquals(casesOf({ numRuns: 5 }).length, 10);
});

test("checkProperty: a failure of the seed that is set says how to replay it", () => {
  let runs = 0;
  const failsLate = fc.property(fc.nat(), () => ++runs <= 10);
  const error = assertThrows(() => checkProperty(failsLate, { numRuns: 10 }), Error);
  assert(error.message.includes(`PROPERTY_SEED=${freshSeed} bun test`), error.message);
});

test("checkProperty: a failed seed that fails again is reported by its seed", () => {
  let runs = 0;
  const failsSecond = fc.property(fc.nat(), () => ++runs <= 10);
  const error = assertThrows(() => checkProperty(failsSecond, { numRuns: 10, failedSeeds: [7] }), Error);
  assert(error.message.includes("seed: 7"), error.message);
});
