// Functions by which the model leaves the caller: `hang_up` and `transfer_to_NAME`. Only one of them, alone, and when
// no one is waiting for an answer. What it has said before is heard to its end.

import type { FunctionCall } from "../../protocol/realtime/realtime.ts";
import type { Effect } from "../effects.ts";
import { isComing } from "../machines/responses.ts";
import { newTransfer, readAbout, type TransferPlan } from "../machines/transfer.ts";
import { type Call, order, type Step } from "../state.ts";
import { BUSY, BUSY_TO_TRANSFER, HANG_UP, hangUpAfterGoodbye, transferAfterWords } from "./goodbye.ts";
import { requestResponse } from "./responses.ts";
import { planNamed, TRANSFER_TO } from "./transfer.ts";

/** Transfers of one call that the model may try: no caller wants to wait for more. */
export const TRANSFERS_MAX = 5;

const ONE_ONLY = "Not done: the caller is transferred by another function.";
const TRIED_OFTEN = "Not done: it was tried too often in this call. Say so, and help in another way.";
const NOT_ALONE = "Not done: the other functions run first. Then say goodbye, and hang up.";
const NOT_ALONE_TO_TRANSFER = "Not done: the other functions run first. Then transfer the caller.";

/** Whether it is one of these functions, and the agent has it. */
export function leavesCall(call: Call, { name }: FunctionCall): boolean {
  return (name === HANG_UP && call.settings.canHangUp) || planOf(call, name) !== undefined;
}

function planOf(call: Call, name: string): TransferPlan | undefined {
  return name.startsWith(TRANSFER_TO) ? planNamed(call, name.slice(TRANSFER_TO.length)) : undefined;
}

/** A complete response has called only these functions, at least one. A transfer comes before the end. */
export function leaveByFunction(step: Step, atMs: number, calls: readonly FunctionCall[]): Step {
  const { responses, callerSpeaks, transfers } = step.call;
  const chosen = calls.find(({ name }) => name !== HANG_UP) ?? calls[0];
  if (chosen === undefined) return step;
  const { callId, name } = chosen;
  const plan = planOf(step.call, name);
  if (isComing(responses) || callerSpeaks) return refuseToLeave(step, calls, plan === undefined ? BUSY : BUSY_TO_TRANSFER);
  if (plan === undefined) return hangUpAfterGoodbye(step, atMs, callId);
  if (transfers.length >= TRANSFERS_MAX) return requestResponse(refuseToLeave(step, calls, TRIED_OFTEN), atMs, "tool");
  const others = calls.filter((call) => call !== chosen);
  const about = readAbout(chosen.arguments);
  return transferAfterWords(refuseToLeave(step, others, ONE_ONLY), atMs, callId, newTransfer(plan, about));
}

/** Other functions are to run first. */
export function postponeLeaving(step: Step, calls: readonly FunctionCall[]): Step {
  return calls.reduce((before, call) => refuseToLeave(before, [call], call.name === HANG_UP ? NOT_ALONE : NOT_ALONE_TO_TRANSFER), step);
}

function refuseToLeave(step: Step, calls: readonly FunctionCall[], output: string): Step {
  const { epoch } = step.call.model;
  return order(step, ...calls.map(({ callId }): Effect => ({ type: "model.addToolResult", epoch, callId, output })));
}
