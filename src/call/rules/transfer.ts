// A transfer begins: the model calls `transfer_to_NAME`, a key or a rule asks for it (`startTransfer`), or the call
// cannot go on (fallback.ts). The stream is closed, and Twilio asks what comes next: transfer-dial.ts.
//
// Whoever is dialled is configured: a transfer is known by its name only.

import type { EndReason } from "../end-reason.ts";
import {
  newTransfer,
  RECORDED_MAX,
  spokenText,
  type Transfer,
  type TransferOutcome,
  type TransferPlan,
  transferRecord,
} from "../machines/transfer.ts";
import { answerKept, type Call, change, enterPhase, order, type Step, setDeadline } from "../state.ts";
import { forgetUnheard } from "./barge-in.ts";
import { endWait } from "./caller-wait.ts";
import { closeModel } from "./ending.ts";
import { holdForNextSession } from "./next-session.ts";

/** Before a transfer's name: the name under which the model transfers. */
export const TRANSFER_TO = "transfer_to_";

/** The transfer of this name; undefined: the agent has none. */
export function planNamed({ settings }: Call, name: string): TransferPlan | undefined {
  return settings.transfers.find((plan) => plan.name === name);
}

/**
 * Transfers the caller to `name`, at once: Twilio says so. `why` is for the person who answers: who calls and why, as
 * untrusted text. Does nothing when the agent has no such transfer, or the call is over or transferred already.
 */
export function startTransfer(step: Step, atMs: number, name: string, why?: string): Step {
  const plan = planNamed(step.call, name);
  return plan === undefined ? step : handOver(step, atMs, newTransfer(plan, why === undefined ? undefined : spokenText(why)));
}

/** Closes the stream, to dial. `end`: why the call could not go on, if it could not. */
export function handOver(step: Step, atMs: number, transfer: Transfer, end?: EndReason): Step {
  const { phase, caller, settings, identity } = step.call;
  if (phase === "leaving" || phase === "ended" || phase === "away") return step;
  const silent = holdForNextSession(endWait(answerKept(step), atMs), atMs, false);
  const closed = forgetUnheard(closeModel(silent));
  const left = caller.state === "live" ? change(closed, { caller: { state: "closed", epoch: caller.epoch } }) : closed;
  const { collecting, tones, tools } = left.call;
  // What the caller would have taken part in is over. Other tools go on, and the agent gets their results afterwards.
  const own = [collecting?.state === "open" ? collecting.callId : undefined, tones];
  const running = tools.running.filter(({ callId }) => !own.includes(callId));
  const alone = change(left, { collecting: undefined, tones: undefined, tools: { ...tools, running } });
  const leaving = change(alone, { transfer: { ...transfer, state: "closing" }, goodbye: undefined, end });
  const awaited = setDeadline(enterPhase(leaving, "away"), "after", atMs + settings.afterMs);
  const { name, to } = transfer.plan;
  const logged = order(awaited, {
    type: "log",
    level: "info",
    event: "transfer.started",
    fields: { callSid: identity.callSid, transfer: name, to: to.join(", ") },
  });
  return caller.state === "live" ? order(logged, { type: "caller.close" }) : logged;
}

/** The transfer is over: for the record and the log. */
export function noteOutcome(step: Step, outcome: TransferOutcome): Step {
  const { transfer, transfers, identity } = step.call;
  if (transfer === undefined) return step;
  const record = transferRecord(transfer, outcome);
  const noted = change(step, { transfer: undefined, transfers: [...transfers, record].slice(-RECORDED_MAX) });
  const fields = { callSid: identity.callSid, transfer: record.name, to: record.to, outcome };
  return order(noted, { type: "log", level: "info", event: "transfer.ended", fields });
}
