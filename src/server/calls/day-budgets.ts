// What each agent has spent today, and whether that is all it may. A day is one of UTC. Kept in memory: a restart
// begins with nothing spent.

import type { Alert } from "../../adapters/webhooks/alert.ts";
import type { Clock, Log, SpendingPort } from "../../call/ports.ts";

/** The share of a budget at which the operator is warned. */
const WARNING_SHARE = 0.8;
const DAY_MS = 86_400_000;
/** Agents remembered. A file has at most 100; this bounds reloads. */
export const AGENTS_MAX = 1_000;

/** What agents have spent on one day. */
export class MemorySpending implements SpendingPort {
  #day = 0;
  readonly #usd = new Map<string, number>();

  add(agent: string, usd: number, atMs: number): number {
    const day = Math.floor(atMs / DAY_MS);
    if (day !== this.#day) this.#usd.clear();
    this.#day = day;
    const sum = (this.#usd.get(agent) ?? 0) + usd;
    this.#usd.set(agent, sum);
    const [oldest] = this.#usd.keys();
    if (this.#usd.size > AGENTS_MAX && oldest !== undefined) this.#usd.delete(oldest);
    return sum;
  }

  spentUsd(agent: string, atMs: number): number {
    return Math.floor(atMs / DAY_MS) === this.#day ? (this.#usd.get(agent) ?? 0) : 0;
  }
}

/** An agent with its budget for a day, US dollars. */
interface BudgetedAgent {
  readonly name: string;
  readonly budget: { readonly perDayUsd: number | undefined };
}

export interface DayBudgetsDeps {
  readonly spending: SpendingPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly alert: Alert;
}

export class DayBudgets {
  readonly #deps: DayBudgetsDeps;

  constructor(deps: DayBudgetsDeps) {
    this.#deps = deps;
  }

  /** Adds what a call has spent. Whether the agent has now spent all it may. */
  spend({ name, budget: { perDayUsd } }: BudgetedAgent, usd: number): boolean {
    const { spending, clock, log, alert } = this.#deps;
    const sum = spending.add(name, usd, clock.nowMs());
    if (perDayUsd === undefined) return false;
    const passed = (bound: number): boolean => sum >= bound && sum - usd < bound;
    const fields = { agent: name, usd: Math.round(sum * 1_000) / 1_000, perDayUsd };
    if (passed(perDayUsd)) {
      log("error", "budget.spent", fields);
      alert("overBudget", `the agent ${name} has spent its budget of $${perDayUsd} for today`, undefined);
    } else if (passed(perDayUsd * WARNING_SHARE)) log("warning", "budget.nearlySpent", fields);
    return sum >= perDayUsd;
  }

  /** Whether an agent may take no more calls today. */
  isSpent({ name, budget: { perDayUsd } }: BudgetedAgent): boolean {
    const { spending, clock } = this.#deps;
    return perDayUsd !== undefined && spending.spentUsd(name, clock.nowMs()) >= perDayUsd;
  }
}
