// The budget of a call: what it costs is counted from what the model says it has used, and the call ends before the
// next response would pass the bound. So the bound is passed by at most the response under way.

import type { CallEvent, ModelEvent } from "../events.ts";
import { addResponse, addTranscription } from "../machines/costs.ts";
import { hasEnded } from "../machines/responses.ts";
import { type Call, change, order, type Step } from "../state.ts";

/** The share of the budget at which the model is asked to come to an end. */
const WARNING_SHARE = 0.8;

/** Counts what a response or a transcription has cost. Any other event, such as audio, reads nothing of the call. */
export function countCost(step: Step, event: ModelEvent): Step {
  if (event.type === "model.responseDone") return countResponse(step, event);
  if (event.type !== "model.speechTranscribed" || event.usage === undefined) return step;
  const { costs, settings, chosen } = step.call;
  return addCost(step, addTranscription(costs, event.usage, settings.prices[chosen]));
}

function countResponse(step: Step, { responseId, status, usage }: Extract<ModelEvent, { type: "model.responseDone" }>): Step {
  const { costs, settings, chosen, responses } = step.call;
  if (hasEnded(responses, responseId)) return step;
  if (usage !== undefined) return addCost(step, addResponse(costs, usage, settings.prices[chosen]));
  return status === "completed" ? missUsage(step) : step;
}

/** The server does not say what it has used: nothing can be counted, and no budget is kept. Said once. */
function missUsage(step: Step): Step {
  const { costs, settings, chosen, identity } = step.call;
  if (costs.isPartial) return step;
  const partial = change(step, { costs: { ...costs, isPartial: true } });
  if (settings.prices[chosen]?.response === undefined) return partial;
  const fields = { callSid: identity.callSid, budgetUsd: settings.budgetUsd };
  return order(partial, { type: "log", level: "warning", event: "model.usageMissing", fields });
}

function addCost(step: Step, { costs, usd }: ReturnType<typeof addResponse>): Step {
  const added = change(step, { costs });
  const isSpent = budgetState(added.call) === "spent";
  const counted = isSpent ? change(added, { limits: { ...added.call.limits, isSpent } }) : added;
  return usd > 0 ? order(counted, { type: "cost.add", usd }) : counted;
}

/** What the budget allows. */
export type BudgetState =
  /** There is enough. */
  | "enough"
  /** Most of it is used up. */
  | "short"
  /** One more response, for the goodbye. */
  | "lastResponse"
  /** Nothing. */
  | "spent";

export function budgetState({ settings, costs }: Call): BudgetState {
  const { budgetUsd } = settings;
  if (budgetUsd === undefined) return "enough";
  if (costs.usd >= budgetUsd) return "spent";
  if (costs.usd + costs.dearestUsd >= budgetUsd) return "lastResponse";
  return costs.usd >= budgetUsd * WARNING_SHARE ? "short" : "enough";
}

/** The agent's budget for the day is spent: by this call or by others. */
export function onDayBudgetSpent(step: Step, _event: Extract<CallEvent, { type: "budget.spent" }>): Step {
  const { limits } = step.call;
  return change(step, { limits: { ...limits, isSpent: true } });
}
