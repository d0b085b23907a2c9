// How verdicts are put together.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { allHold, verdictOf } from "../../../src/selftest/checks/check.ts";

test("verdictOf: the time stands in it only where one was given", () => {
  assertEquals(verdictOf(true, "a", "b"), { verdict: "passed", expected: "a", actual: "b" });
  assertEquals(verdictOf(false, "a", "b", 3), { verdict: "failed", expected: "a", actual: "b", ms: 3 });
});

test("allHold: the first condition that does not hold is what came", () => {
  assertEquals(allHold("a", "b", [true, "c"], [true, "d"]), { verdict: "passed", expected: "a", actual: "b" });
  assertEquals(allHold("a", "b", [true, "c"], [false, "d"], [false, "e"]), { verdict: "failed", expected: "a", actual: "d" });
});
