// What agents may spend in a day.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { AGENTS_MAX, DayBudgets, MemorySpending } from "../../../src/server/calls/day-budgets.ts";
import { manualClock } from "../../support/manual-clock.ts";

const DAY_MS = 86_400_000;

function makeBudgets() {
  const clock = manualClock(DAY_MS * 20_000 - 60_000);
  const lines: string[] = [];
  const alerts: string[] = [];
  const budgets = new DayBudgets({
    spending: new MemorySpending(),
    clock,
    log: (level, event) => void lines.push(`${level} ${event}`),
    alert: (cause, detail) => void alerts.push(`${cause}: ${detail}`),
  });
  return { clock, lines, alerts, budgets };
}

const agent = { name: "a", budget: { perDayUsd: 10 } };

test("DayBudgets: an agent spends until its budget is spent; the operator is warned once, and alerted once", () => {
  const { budgets, lines, alerts } = makeBudgets();
  assertEquals(
    [3, 4, 2].map((usd) => budgets.spend(agent, usd)),
    [false, false, false],
  );
  assertEquals(budgets.isSpent(agent), false);
  assertEquals(
    [1, 5].map((usd) => budgets.spend(agent, usd)),
    [true, true],
  );
  assertEquals(budgets.isSpent(agent), true);
  assertEquals(lines, ["warning budget.nearlySpent", "error budget.spent"]);
  assertEquals(alerts, ["overBudget: the agent a has spent its budget of $10 for today"]);
});

test("DayBudgets: each agent has its own, and one without a budget none", () => {
  const { budgets, lines } = makeBudgets();
  budgets.spend(agent, 10);
  assertEquals(budgets.isSpent({ ...agent, name: "b" }), false);
  assertEquals(budgets.spend({ name: "c", budget: { perDayUsd: undefined } }, 1e9), false);
  assertEquals(lines, ["error budget.spent"]);
});

test("DayBudgets: a day begins at midnight UTC", () => {
  const { budgets, clock } = makeBudgets();
  budgets.spend(agent, 10);
  clock.advance(59_999);
  assertEquals(budgets.isSpent(agent), true);
  clock.advance(1);
  assertEquals(budgets.isSpent(agent), false);
  assertEquals(budgets.spend(agent, 9), false);
});

test("DayBudgets: a budget that a reload lowers is spent at once", () => {
  const { budgets } = makeBudgets();
  budgets.spend(agent, 6);
  assertEquals(budgets.isSpent({ ...agent, budget: { perDayUsd: 5 } }), true);
});

test("MemorySpending: remembers so many agents; the oldest goes", () => {
  const spending = new MemorySpending();
  for (let n = 0; n <= AGENTS_MAX; n++) spending.add(`agent ${n}`, 1, DAY_MS);
  assertEquals([spending.spentUsd("agent 0", DAY_MS), spending.spentUsd("agent 1", DAY_MS)], [0, 1]);
});
