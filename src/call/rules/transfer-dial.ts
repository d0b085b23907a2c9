// A transfer goes on: Twilio dials the person, who hears who calls and presses 1; and it ends. Nobody took the call:
// the next one is dialled; after the last the caller is back with the agent, which knows it, or hears a sentence.
// https://www.twilio.com/docs/voice/twiml/dial, .../twiml/number (url)

import type { Dial, Next, ScreenAnswer } from "../effects.ts";
import type { CallEvent, CallerEvent } from "../events.ts";
import { addUtterance } from "../machines/history.ts";
import {
  askLeg,
  currentTargets,
  newTransfer,
  nextAttempt,
  outcomeOf,
  pressKey,
  type Transfer,
  type TransferOutcome,
  type TransferPlan,
} from "../machines/transfer.ts";
import { change, clearDeadlines, enterPhase, order, type Step, setDeadline } from "../state.ts";
import { finish } from "./ending.ts";
import { recordFallback } from "./fallback.ts";
import { dialModel } from "./model-dial.ts";
import { noteOutcome } from "./transfer.ts";

/** Twilio lets it ring 5 s longer than the timeout: https://www.twilio.com/docs/voice/twiml/dial#timeout */
const MORE_RING_MS = 5_000;
/** For a person to hear who calls, and to press a key. */
const SCREEN_MS = 90_000;
/** Twilio's own limit of a `<Dial>`: https://www.twilio.com/docs/voice/twiml/dial#timelimit */
const TALK_MS = 4 * 3_600_000;
/** For Twilio's report of the end. */
const REPORT_MS = 60_000;

type NextRequested = Extract<CallerEvent, { type: "caller.nextRequested" }>;

/** Twilio asks what comes next, while the caller is transferred: first whom to dial, then what follows. */
export function onTransferAsked(step: Step, { atMs, dialCallStatus, dialBridged }: NextRequested): Step {
  const { transfer } = step.call;
  if (transfer === undefined) return step;
  // Asked again although no one has been dialled: the answer was lost.
  if (dialCallStatus === undefined || transfer.state === "closing") return dial(step, atMs, transfer);
  const outcome = outcomeOf(transfer, dialCallStatus, dialBridged);
  if (outcome === "connected") return answer(endTransferred(step, atMs, "connected"), { type: "nothing" });
  const next = nextAttempt(transfer);
  return next === undefined
    ? onNobody(noteOutcome(step, outcome), atMs, transfer, outcome)
    : dial(step, atMs, { ...next, isAnnounced: true });
}

function dial(step: Step, atMs: number, transfer: Transfer): Step {
  const { plan, isDetached } = transfer;
  const screenMs = plan.isScreened ? SCREEN_MS : TALK_MS;
  const dueMs = atMs + plan.ringMs + MORE_RING_MS + screenMs + REPORT_MS;
  const ringing = change(step, { transfer: { ...transfer, state: "ringing" } });
  const dialled = setDeadline(clearDeadlines(ringing, "after"), "dial", dueMs);
  const next: Next = { type: "dial", sentence: transfer.isAnnounced ? undefined : "transferring", dial: dialOf(transfer) };
  return answer(isDetached ? endTransferred(dialled, atMs, "unknown") : dialled, next);
}

/**
 * Whom to dial when no call is taken: its agent's transfer, if it has one for failures. Without a call no one can be
 * asked to press a key, and only the first are dialled.
 */
export function dialWithoutCall(plans: readonly TransferPlan[], name: string | undefined): Next | undefined {
  const plan = plans.find((one) => one.name === name);
  if (plan === undefined) return undefined;
  return { type: "dial", sentence: "transferring", dial: { ...dialOf(newTransfer(plan, undefined)), isScreened: false } };
}

function dialOf(transfer: Transfer): Dial {
  const { plan, isDetached } = transfer;
  const { name, isScreened, ringMs, callerId } = plan;
  return { transfer: name, targets: currentTargets(transfer), isScreened: isScreened && !isDetached, ringMs, callerId, isDetached };
}

/** The call is over for voice: the two have talked, or it learns nothing of how that ends. */
function endTransferred(step: Step, atMs: number, outcome: "connected" | "unknown"): Step {
  return finish(noteOutcome(step, outcome), atMs, step.call.end ?? { by: "agent", cause: "transferred" });
}

/** Why no one took the call, for the model. */
const REASONS: Readonly<Record<Exclude<TransferOutcome, "connected">, string>> = {
  busy: "the line was busy",
  noAnswer: "no one answered",
  declined: "the person declined the call",
  notAccepted: "someone or a mailbox answered, and did not take the call",
  failed: "the call could not be connected",
  callerHungUp: "the caller hung up",
  unknown: "it is not known why",
};

function onNobody(step: Step, atMs: number, { plan }: Transfer, outcome: Exclude<TransferOutcome, "connected">): Step {
  const { nobody, name } = plan;
  const { end } = step.call;
  const words = nobody.type === "say" ? nobody.words : undefined;
  // The call was transferred because it could not go on.
  if (end !== undefined) {
    return answer(finish(recordFallback(step, "apology"), atMs, end), { type: "say", sentence: "apology", words });
  }
  if (nobody.type !== "agent") {
    const next: Next = words === undefined ? { type: "nothing" } : { type: "say", sentence: "goodbye", words };
    return answer(finish(step, atMs, { by: "agent", cause: "transferred" }), next);
  }
  const then = nobody.instructions ?? "Say so to the caller, and ask how else you can help.";
  return backToAgent(
    step,
    atMs,
    `The transfer to ${name} has failed: ${REASONS[outcome]}. The caller is back on the line with you. ${then}`,
  );
}

/** Connects a stream again: the agent speaks first, and knows what happened. */
function backToAgent(step: Step, atMs: number, text: string): Step {
  const { history, settings, tools } = step.call;
  // The agent speaks at once, and waits for nothing that was begun before.
  const late = tools.running.map(({ name }) => ` ${name} has not returned.`).join("");
  const back = change(enterPhase(step, "talking"), {
    caller: { state: "absent", replyDue: true },
    tools: { ...tools, running: [] },
    history: addUtterance(history, "system", undefined, text + late),
  });
  return answer(setDeadline(dialModel(back, atMs), "start", atMs + settings.startMs), { type: "connect" });
}

/** Twilio has dialled a person who answers, or has pressed a key: exactly one `screen.answer`, in every phase. */
export function onScreenRequested(step: Step, event: Extract<CallEvent, { type: "transfer.screenRequested" }>): Step {
  const { atMs, leg, to, digits } = event;
  const { transfer, phase, identity } = step.call;
  if (transfer === undefined || phase !== "away") return screen(step, { type: "hangUp" });
  if (digits === undefined) {
    const asked = askLeg(transfer, leg);
    if (asked === undefined) return screen(step, { type: "hangUp" });
    const { about, plan } = transfer;
    return screen(change(step, { transfer: asked }), { type: "ask", words: about ?? plan.intro, ask: plan.ask });
  }
  const pressed = pressKey(transfer, leg, digits, to);
  const noted = change(step, { transfer: pressed });
  if (pressed === transfer || pressed.accepted?.leg !== leg) return screen(noted, { type: "hangUp" });
  const fields = { callSid: identity.callSid, transfer: transfer.plan.name, to };
  const accepted = order(setDeadline(noted, "dial", atMs + TALK_MS + REPORT_MS), {
    type: "log",
    level: "info",
    event: "transfer.accepted",
    fields,
  });
  return screen(accepted, { type: "connect" });
}

/** The caller has hung up, or Twilio reports that the call is over: perhaps after the two have talked. */
export function onTransferOver(step: Step, { atMs, dialCallStatus, dialBridged }: NextRequested): Step {
  const { transfer } = step.call;
  if (transfer === undefined) return step;
  const isDialled = dialCallStatus !== undefined && transfer.state === "ringing";
  if (isDialled && outcomeOf(transfer, dialCallStatus, dialBridged) === "connected") return endTransferred(step, atMs, "connected");
  return finish(noteOutcome(step, "callerHungUp"), atMs, step.call.end ?? { by: "caller", cause: "hangup" });
}

/** Twilio has not asked what comes next, or has reported that the call is over and nothing of the `<Dial>`. */
export function onAwayTimeout(step: Step, atMs: number): Step {
  const { transfer, end } = step.call;
  if (transfer?.state !== "ringing") return finish(noteOutcome(step, "unknown"), atMs, end ?? { by: "network", cause: "streamLost" });
  if (transfer.accepted !== undefined) return endTransferred(step, atMs, "connected");
  const outcome = transfer.plan.isScreened ? "callerHungUp" : "unknown";
  return finish(noteOutcome(step, outcome), atMs, end ?? { by: "caller", cause: "hangup" });
}

/** Twilio has not reported how the `<Dial>` ended. */
export function onDialTimeout(step: Step, atMs: number): Step {
  return finish(noteOutcome(step, "unknown"), atMs, step.call.end ?? { by: "network", cause: "streamLost" });
}

/** The drain time is over: the person is dialled all the same, and the call ends without news of it. */
export function onDrainedInTransfer(step: Step, atMs: number): Step {
  const { transfer } = step.call;
  if (transfer?.state !== "closing") return endTransferred(step, atMs, "unknown");
  return change(step, { transfer: { ...transfer, isDetached: true } });
}

function screen(step: Step, answered: ScreenAnswer): Step {
  return order(step, { type: "screen.answer", screen: answered });
}

function answer(step: Step, next: Next): Step {
  return order(step, { type: "after.answer", next });
}
