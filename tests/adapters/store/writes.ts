// Writes of calls, for the tests of the store.

import type { Write } from "../../../src/adapters/store/writes.ts";
import type { CallRecord, TurnRecord } from "../../../src/call/record.ts";

export const START_MS = Date.UTC(2026, 0, 1);

export function began(callSid: string, more: Partial<Extract<Write, { type: "call.began" }>> = {}): Write {
  return {
    type: "call.began",
    callSid,
    accountSid: "AC1",
    from: "+14155550100",
    to: "+12125550199",
    direction: "inbound",
    agent: "reception",
    model: "gpt-realtime-2.1",
    atMs: START_MS,
    ...more,
  };
}

export function turned(callSid: string, index: number, callerText: string, modelText: string, more: Partial<TurnRecord> = {}): Write {
  const turn = {
    trigger: "speech",
    triggeredAtMs: START_MS + 1_000,
    latencyMs: 420.4,
    interrupted: false,
    callerText,
    modelText,
    ...more,
  } as const;
  return { type: "call.turned", callSid, index, turn };
}

export function ended(callSid: string, more: Partial<CallRecord> = {}): Write {
  const counts = {
    framesReceived: 500,
    framesRepeated: 0,
    paddedMs: 0,
    badFrames: 0,
    badEvents: 0,
    modelErrors: 0,
    sentMs: 4_000,
    heardMs: 3_900,
    bargeIns: 1,
    modelDials: 1,
    resumes: 0,
  };
  const record: CallRecord = {
    identity: { callSid, accountSid: "AC1", from: "+14155550100", to: "+12125550199" },
    createdAtMs: START_MS,
    startedAtMs: START_MS + 300.5,
    endedAtMs: START_MS + 60_000,
    end: { by: "caller", cause: "hangup" },
    fallback: "none",
    longestWaitMs: 700,
    twilioCode: undefined,
    costUsd: 0.0123,
    transfers: [],
    turns: [],
    counts,
    ...more,
  };
  return { type: "call.ended", callSid, record };
}

/** Everything of one call. */
export function wholeCall(callSid: string): readonly Write[] {
  return [
    began(callSid),
    { type: "call.started", callSid, atMs: START_MS + 300 },
    turned(callSid, 0, "Is my table booked?", "Let me look."),
    { type: "tool.ran", callSid, callId: "fc1", name: "find_booking", arguments: '{"phone":"+14155550100"}', atMs: START_MS + 2_000 },
    { type: "tool.returned", callSid, callId: "fc1", output: "Seven o'clock.", atMs: START_MS + 2_500 },
    { type: "usage.added", callSid, index: 0, model: "gpt-realtime-2.1", inputTokens: 120, outputTokens: 45, atMs: START_MS + 2_600 },
    { type: "call.noted", callSid, index: 0, atMs: START_MS + 3_000, name: "agent.interrupted", fields: "{}" },
    ended(callSid),
  ];
}
