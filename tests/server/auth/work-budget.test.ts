// Tests of src/server/auth/work-budget.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { WorkBudget } from "../../../src/server/auth/work-budget.ts";
import { manualClock } from "../../support/manual-clock.ts";

test("WorkBudget: starts full, refuses what is left over, and refills steadily to the most", () => {
  const clock = manualClock();
  const budget = new WorkBudget(clock, 10, 4);
  assertEquals([budget.spend(11), budget.spend(10), budget.spend(0.1), budget.spend(0)], [false, true, false, true]);
  clock.advance(500);
  assertEquals([budget.spend(2.1), budget.spend(2), budget.spend(0.1)], [false, true, false]);
  clock.advance(3_600_000);
  assertEquals([budget.spend(10), budget.spend(1)], [true, false]);
  clock.advance(-1_000);
  assertEquals(budget.spend(1), false);
  clock.advance(250);
  assertEquals(budget.spend(1), true);
});

test("WorkBudget: what is given back can be spent again, and never more than the most", () => {
  const budget = new WorkBudget(manualClock(), 10, 4);
  assertEquals([budget.spend(10), budget.spend(1)], [true, false]);
  budget.giveBack(3);
  assertEquals([budget.spend(4), budget.spend(3)], [false, true]);
  budget.giveBack(100);
  assertEquals([budget.spend(11), budget.spend(10)], [false, true]);
});
