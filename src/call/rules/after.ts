// What comes next, when Twilio asks /twilio/after. Twilio asks whenever <Connect> is over, whatever happened to the
// socket, so every call that lost its stream passes through here: it is resumed, transferred, or ended.
// https://www.twilio.com/docs/voice/twiml/connect#action

import type { Next } from "../effects.ts";
import type { CallerEvent } from "../events.ts";
import { change, clearDeadlines, count, order, type Step, setDeadline } from "../state.ts";
import { endCall, finish } from "./ending.ts";
import { giveUp, recordFallback } from "./fallback.ts";
import { loseStream } from "./stream.ts";
import { handOver } from "./transfer.ts";
import { onTransferAsked, onTransferOver } from "./transfer-dial.ts";

/** How often a lost stream is connected again before the call is given up. */
export const RESUMES_MAX = 2;

/** Statuses of a call that is over: https://www.twilio.com/docs/voice/api/call-resource#call-status-values */
const OVER: ReadonlySet<string> = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);

/** Twilio asks what comes next: exactly one `after.answer`, in every phase. */
export function onNextRequested(step: Step, event: Extract<CallerEvent, { type: "caller.nextRequested" }>): Step {
  const { atMs, callStatus, dialCallStatus, dialBridged } = event;
  const { call } = step;
  if (call.phase === "away" && callStatus !== "in-progress") return answer(onTransferOver(step, event), { type: "nothing" });
  if (call.phase === "away") return onTransferAsked(step, event);
  if (callStatus !== "in-progress") return answer(endCall(step, atMs), { type: "nothing" });
  if (dialCallStatus !== undefined) return answer(endCall(step, atMs), afterTransfer(dialCallStatus, dialBridged));
  if (call.next !== undefined) return answer(endCall(step, atMs), call.next);
  // The stream was lost in the last words before a transfer, or in the goodbye.
  if (call.goodbye?.transfer !== undefined && call.phase !== "ended") {
    return onTransferAsked(handOver(step, atMs, call.goodbye.transfer), event);
  }
  if (call.goodbye !== undefined && call.phase !== "ended") {
    return answer(finish(step, atMs, call.goodbye.end), { type: "say", sentence: "goodbye" });
  }
  // The call ended with no `next` (the caller seemed to hang up) and yet goes on: end it with a sentence, not in
  // silence.
  if (call.phase === "ended") return answer(step, { type: "say", sentence: call.end?.by === "caller" ? "goodbye" : "apology" });
  if (call.tally.resumes >= RESUMES_MAX) {
    const givenUp = giveUp(step, atMs, { by: "network", cause: "streamLost" }, `the stream was lost ${RESUMES_MAX + 1} times`);
    return answer(endCall(givenUp, atMs), givenUp.call.next ?? { type: "nothing" });
  }
  return answer(resume(step, atMs), { type: "connect" });
}

/**
 * What follows a transfer: nothing if a person answered and was connected, else an apology.
 * https://www.twilio.com/docs/voice/twiml/dial#dialcallstatus
 */
export function afterTransfer(dialCallStatus: string, isBridged?: boolean): Next {
  const isConnected = (dialCallStatus === "completed" || dialCallStatus === "answered") && isBridged !== false;
  return isConnected ? { type: "nothing" } : { type: "say", sentence: "apology" };
}

/** The status callback reported the call's status: it matters only when the call is over. */
export function onStatusReported(step: Step, { atMs, callStatus }: Extract<CallerEvent, { type: "caller.statusReported" }>): Step {
  if (!isCallOver(callStatus)) return step;
  // The `<Dial>`'s own report has more to say, and comes at the same time.
  return step.call.phase === "away" ? setDeadline(step, "after", atMs + step.call.settings.afterMs) : endCall(step, atMs);
}

export function isCallOver(callStatus: string): boolean {
  return OVER.has(callStatus);
}

function resume(step: Step, atMs: number): Step {
  const lost = loseStream(step, atMs, "Twilio asked what comes next while the stream seemed open");
  const { settings, identity, caller } = lost.call;
  const resuming = change(recordFallback(count(clearDeadlines(lost, "after"), "resumes"), "recovered"), {
    caller: { state: "absent", replyDue: "replyDue" in caller && caller.replyDue },
  });
  return order(setDeadline(resuming, "start", atMs + settings.startMs), {
    type: "log",
    level: "warning",
    event: "call.resumed",
    fields: { callSid: identity.callSid, time: resuming.call.tally.resumes },
  });
}

function answer(step: Step, next: Next): Step {
  return order(step, { type: "after.answer", next });
}
