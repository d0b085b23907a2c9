// How judgements are put together.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { allHold, judgementOf } from "../../../src/selftest/checks/judgement.ts";

test("judgementOf: has a time only where one was given", () => {
  assertEquals(judgementOf(true, "a", "b"), { ok: true, expected: "a", actual: "b" });
  assertEquals(judgementOf(false, "a", "b", 3), { ok: false, expected: "a", actual: "b", ms: 3 });
});

test("allHold: the first condition that does not hold is the actual", () => {
  assertEquals(allHold("a", "b", [true, "c"], [true, "d"]), { ok: true, expected: "a", actual: "b" });
  assertEquals(allHold("a", "b", [true, "c"], [false, "d"], [false, "e"]), { ok: false, expected: "a", actual: "d" });
});
