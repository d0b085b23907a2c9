// How a call ends: planned (leave: our close first, then what Twilio is told) or found out (finish). One record, one log line, once.

import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import type { Effect, Next } from "../effects.ts";
import { type EndReason, twilioCodeOf } from "../end-reason.ts";
import { setDeadline } from "../machines/deadlines.ts";
import { closedIntake } from "../machines/intake.ts";
import { isConnected } from "../machines/model-leg.ts";
import { turnRecords } from "../machines/turns.ts";
import { longestWaitMs } from "../machines/wait.ts";
import type { CallRecord } from "../record.ts";
import { type Call, change, order, type Step } from "../state.ts";

/** Ends the call by our own choice: the stream is closed, and Twilio, which then asks what comes next, is told `next`. */
export function leave(step: Step, atMs: number, end: EndReason, next: Next): Step {
  const { call } = step;
  if (call.phase === "leaving" || call.phase === "ended") return step;
  const orders: Effect[] = [];
  if (call.caller.state === "live") orders.push({ type: "caller.close" });
  const caller = call.caller.state === "live" ? ({ state: "closed", epoch: call.caller.epoch } as const) : call.caller;
  const left = change(closeModel(step), {
    phase: "leaving",
    caller,
    end,
    next,
    deadlines: setDeadline({}, "after", atMs + call.settings.afterMs),
  });
  return order(left, ...orders);
}

/** The call is over: recorded and logged. What Twilio is told, should it still ask, stays. */
export function finish(step: Step, atMs: number, end: EndReason): Step {
  if (step.call.phase === "ended") return step;
  const closing = closeModel(step);
  const closed = closing.call.caller.state === "live" ? order(closing, { type: "caller.close" }) : closing;
  const ended = change(closed, { phase: "ended", end, deadlines: {}, caller: { state: "absent", owed: false } });
  const record = recordOf(ended.call, atMs, end);
  return order(
    ended,
    { type: "record.save", record },
    {
      type: "log",
      level: end.by === "caller" || end.by === "operator" ? "info" : "warning",
      event: "call.ended",
      fields: endFields(record),
    },
    { type: "call.ended", end },
  );
}

function closeModel(step: Step): Step {
  const { model, successor } = step.call;
  if (model.state === "none" || model.state === "gone") return step;
  const gone = change(step, { model: { state: "gone", epoch: model.epoch }, successor: undefined, intake: closedIntake });
  const closed = isConnected(model) ? order(gone, { type: "model.close", epoch: model.epoch }) : gone;
  return successor === undefined ? closed : order(closed, { type: "model.close", epoch: successor.epoch });
}

function recordOf(call: Call, atMs: number, end: EndReason): CallRecord {
  const { identity, createdAtMs, startedAtMs, playout, turns, tally, wait } = call;
  const sentMs = Math.floor(playout.sentBytes / PCMU_BYTES_PER_MS);
  const heardMs = Math.floor(playout.heardBytes / PCMU_BYTES_PER_MS);
  return {
    identity,
    createdAtMs,
    startedAtMs,
    endedAtMs: atMs,
    end,
    fallback: wait.fallback,
    longestWaitMs: longestWaitMs(wait, atMs),
    twilioCode: twilioCodeOf(end),
    turns: turnRecords(turns),
    counts: { ...tally, sentMs, heardMs },
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
    talkMs: startedAtMs === undefined ? 0 : Math.round(endedAtMs - startedAtMs),
    turns: turns.length,
    latencyP50Ms: latencies[Math.floor(latencies.length / 2)],
    ...counts,
  };
}
