// How a call ends. voice decides: `leave` closes the stream, and Twilio then asks what comes next. Or it has ended:
// `finish` writes one record and one log line, once.

import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import type { Next } from "../effects.ts";
import { type EndReason, twilioCodeOf } from "../end-reason.ts";
import { longestWaitMs } from "../machines/caller-wait.ts";
import { knownUsd } from "../machines/costs.ts";
import { closedIntake } from "../machines/intake.ts";
import { isConnected } from "../machines/model-leg.ts";
import { emptyPlayout } from "../machines/playout.ts";
import { noResponses } from "../machines/responses.ts";
import { noTools } from "../machines/tools.ts";
import { noTurns, turnRecords } from "../machines/turns.ts";
import type { CallRecord } from "../record.ts";
import { type Call, change, enterPhase, order, type Step, setDeadline } from "../state.ts";

/** Leaves the call: closes the stream. Twilio then asks what comes next, and gets `next`. */
export function leave(step: Step, atMs: number, end: EndReason, next: Next): Step {
  const { phase, caller, settings } = step.call;
  if (phase === "leaving" || phase === "ended") return step;
  const closed = closeModel(step);
  const left = caller.state === "live" ? change(closed, { caller: { state: "closed", epoch: caller.epoch } }) : closed;
  const leaving = setDeadline(enterPhase(change(left, { end, next }), "leaving"), "after", atMs + settings.afterMs);
  return caller.state === "live" ? order(leaving, { type: "caller.close" }) : leaving;
}

/** The call has ended, for the reason already decided, or because the caller hung up. */
export function endCall(step: Step, atMs: number): Step {
  return finish(step, atMs, step.call.end ?? { by: "caller", cause: "hangup" });
}

/** Twilio has not asked what comes next: the stream was lost and the call with it, or `leave` had decided why. */
export function onAfterTimeout(step: Step, atMs: number): Step {
  return finish(step, atMs, step.call.end ?? { by: "network", cause: "streamLost" });
}

/** What only a running call needs. Ended calls are kept for a while (server/calls/call-registry.ts). */
const forgotten = {
  typed: {},
  collecting: undefined,
  history: [],
  turns: noTurns,
  responses: noResponses,
  tools: noTools,
  playout: emptyPlayout,
};

/** The call has ended. `next` stays, should Twilio still ask. */
export function finish(step: Step, atMs: number, end: EndReason): Step {
  if (step.call.phase === "ended") return step;
  const closing = closeModel(step);
  const closed = step.call.caller.state === "live" ? order(closing, { type: "caller.close" }) : closing;
  const ended = enterPhase(change(closed, { end, caller: { state: "absent", replyDue: false } }), "ended");
  const record = recordOf(ended.call, atMs, end);
  return order(
    change(ended, forgotten),
    { type: "record.save", record },
    {
      type: "log",
      level: end.by === "caller" || end.by === "agent" || end.by === "operator" ? "info" : "warning",
      event: "call.ended",
      fields: endFields(record),
    },
    { type: "call.ended", end },
  );
}

/** Closes every connection to the model. */
export function closeModel(step: Step): Step {
  const { model, successor } = step.call;
  if (model.state === "none" || model.state === "closed") return step;
  const released = change(step, { model: { state: "closed", epoch: model.epoch }, successor: undefined, intake: closedIntake });
  const closed = isConnected(model) ? order(released, { type: "model.close", epoch: model.epoch }) : released;
  return successor === undefined ? closed : order(closed, { type: "model.close", epoch: successor.epoch });
}

function recordOf(call: Call, atMs: number, end: EndReason): CallRecord {
  const { identity, createdAtMs, startedAtMs, fallback, playout, turns, framesReceived, tally, callerWait, costs, transfers } = call;
  const sentMs = Math.floor(playout.sentBytes / PCMU_BYTES_PER_MS);
  const heardMs = Math.floor(playout.heardBytes / PCMU_BYTES_PER_MS);
  return {
    identity,
    createdAtMs,
    startedAtMs,
    endedAtMs: atMs,
    end,
    fallback,
    longestWaitMs: longestWaitMs(callerWait, atMs),
    twilioCode: twilioCodeOf(end),
    costUsd: knownUsd(costs),
    transfers,
    turns: turnRecords(turns),
    counts: { framesReceived, ...tally, sentMs, heardMs },
  };
}

function endFields(record: CallRecord): Record<string, string | number | undefined> {
  const { identity, startedAtMs, endedAtMs, end, turns, counts } = record;
  const latencies = turns.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs])).sort((one, other) => one - other);
  return {
    callSid: identity.callSid,
    by: end.by,
    cause: end.cause,
    twilioCode: record.twilioCode,
    fallback: record.fallback,
    longestWaitMs: record.longestWaitMs,
    costUsd: record.costUsd,
    talkMs: startedAtMs === undefined ? 0 : Math.round(endedAtMs - startedAtMs),
    turns: turns.length,
    latencyP50Ms: latencies[Math.floor(latencies.length / 2)],
    ...counts,
  };
}
