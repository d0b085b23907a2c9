// What comes next, when Twilio asks /twilio/after: <Connect> is over, whatever our socket says. The net below every call, and its switchboard.
// Follows https://www.twilio.com/docs/voice/twiml/connect#action

import type { Next } from "../effects.ts";
import type { CallerEvent } from "../events.ts";
import { clearDeadlines, setDeadline } from "../machines/deadlines.ts";
import { isPlaying } from "../machines/playout.ts";
import { change, count, order, type Step } from "../state.ts";
import { isReplyDue } from "./asking.ts";
import { loseUnheard } from "./barge-in.ts";
import { finish } from "./ending.ts";
import { giveUp } from "./ladder.ts";
import { beginWait, needed } from "./waiting.ts";

/** How often a lost stream is connected again before the caller is told in words. */
export const RESUMES_MAX = 2;

/** Statuses that say that the call is over: https://www.twilio.com/docs/voice/api/call-resource#call-status-values */
const OVER: ReadonlySet<string> = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);

/** Answers Twilio: exactly one `after.answer` in every state. */
export function answerAfter(
  step: Step,
  { atMs, callStatus, dialCallStatus }: Extract<CallerEvent, { type: "caller.nextRequested" }>,
): Step {
  const { call } = step;
  if (callStatus !== "in-progress") return answer(endHere(step, atMs), { type: "nothing" });
  if (dialCallStatus !== undefined) return answer(endHere(step, atMs), afterTransfer(dialCallStatus));
  if (call.next !== undefined) return answer(endHere(step, atMs), call.next);
  // The call had ended without a plan (the caller hung up), and yet goes on: end it with words rather than with silence.
  if (call.phase === "ended") return answer(step, { type: "say", sentence: call.end?.by === "caller" ? "goodbye" : "apology" });
  if (call.tally.resumes >= RESUMES_MAX) {
    const given = giveUp(step, atMs, { by: "network", cause: "streamLost" }, `the stream was lost ${RESUMES_MAX + 1} times`);
    return answer(endHere(given, atMs), given.call.next ?? { type: "nothing" });
  }
  return answer(resume(step, atMs), { type: "connect" });
}

/** What comes after a transfer: the person has been talked to, or could not be had. https://www.twilio.com/docs/voice/twiml/dial#dialcallstatus */
export function afterTransfer(dialCallStatus: string): Next {
  return dialCallStatus === "completed" || dialCallStatus === "answered" ? { type: "nothing" } : { type: "say", sentence: "apology" };
}

/** The status callback: it ends the call when it says so, and says nothing else. */
export function takeReport(step: Step, atMs: number, callStatus: string): Step {
  return OVER.has(callStatus) ? endHere(step, atMs) : step;
}

/** The stream is gone; until Twilio asks, nobody knows whether the caller is. What was being said is owed to the stream that comes next. */
export function loseStream(step: Step, atMs: number, detail: string): Step {
  const { call } = step;
  if (call.caller.state !== "live") return step;
  const { settings, identity, deadlines, playout } = call;
  const owed = isPlaying(playout) || isReplyDue(call);
  // Made and sent is not heard: a greeting of which the caller has heard nothing is said again, unless they have spoken first.
  const ungreeted = call.phase === "talking" && playout.heardBytes === 0 && call.history.every(({ role }) => role === "assistant");
  const lost = change(owed ? beginWait(loseUnheard(step), atMs) : loseUnheard(step), {
    caller: { state: "lost", epoch: call.caller.epoch, owed },
    phase: ungreeted ? "greeting" : call.phase,
    deadlines: setDeadline(clearDeadlines(deadlines, "reply", "gap", "stall", "fill", "late"), "after", atMs + settings.afterMs),
    callerSpeaks: false,
  });
  return order(lost, { type: "log", level: "warning", event: "stream.lost", fields: { callSid: identity.callSid, detail } });
}

/** The caller has gone, or what was planned has come about. */
export function endHere(step: Step, atMs: number): Step {
  return finish(step, atMs, step.call.end ?? { by: "caller", cause: "hangup" });
}

function resume(step: Step, atMs: number): Step {
  const lost = loseStream(step, atMs, "Twilio asked what comes next while we thought the stream open");
  const { settings, identity, caller } = lost.call;
  const deadlines = clearDeadlines(lost.call.deadlines, "after");
  const waiting = change(needed(count(lost, "resumes"), "recovered"), {
    caller: { state: "absent", owed: "owed" in caller && caller.owed },
    deadlines: setDeadline(deadlines, "start", atMs + settings.startMs),
  });
  return order(waiting, {
    type: "log",
    level: "warning",
    event: "call.resumed",
    fields: { callSid: identity.callSid, time: waiting.call.tally.resumes },
  });
}

function answer(step: Step, next: Next): Step {
  return order(step, { type: "after.answer", next });
}
