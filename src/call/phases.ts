// The phases of a call as data: which events change which phase, and which deadlines may be set in which. call.ts shows
// both tables and explains them.

import type { CallEvent } from "./events.ts";
import type { DeadlineName } from "./machines/deadlines.ts";

export type Phase = "expected" | "greeting" | "talking" | "away" | "leaving" | "ended";

type Changes = Readonly<Partial<Record<Phase, readonly CallEvent["type"][]>>>;

/** Once a stream has started, the same events may end the call whether the caller has been greeted or not. */
const endsOfTalk = {
  leaving: [
    "caller.started",
    "caller.markReturned",
    "caller.keyPressed",
    "caller.disconnected",
    "model.ready",
    "model.speechTranscribed",
    "model.responseDone",
    "model.errorReported",
    "model.lost",
    "tool.returned",
    "budget.spent",
    "clock.rang",
    "operator.hungUp",
    "operator.drained",
    "server.threw",
  ],
  away: [
    "caller.started",
    "caller.keyPressed",
    "model.ready",
    "model.responseDone",
    "model.errorReported",
    "model.lost",
    "clock.rang",
    "operator.drained",
    "server.threw",
  ],
  ended: ["caller.stopped", "caller.nextRequested", "caller.statusReported", "clock.rang"],
} as const;

/** Phase -> next phase -> the events that may lead there. */
export const PHASE_CHANGES = {
  expected: {
    greeting: ["caller.started"],
    talking: ["caller.started"],
    away: ["caller.started", "model.ready", "model.errorReported", "model.lost", "operator.drained", "server.threw"],
    leaving: ["caller.started", "model.ready", "model.errorReported", "model.lost", "operator.hungUp", "operator.drained", "server.threw"],
    ended: ["caller.nextRequested", "caller.statusReported", "clock.rang"],
  },
  greeting: { talking: ["caller.keyPressed", "model.speechStarted", "model.responseDone"], ...endsOfTalk },
  talking: {
    greeting: ["caller.disconnected", "caller.nextRequested", "caller.started"],
    ...endsOfTalk,
    // What the agent says first is heard to its end.
    away: [...endsOfTalk.away, "caller.markReturned", "caller.disconnected", "caller.nextRequested"],
  },
  away: {
    talking: ["caller.nextRequested"],
    leaving: ["operator.hungUp", "server.threw"],
    ended: ["caller.stopped", "caller.nextRequested", "clock.rang", "operator.drained"],
  },
  leaving: { ended: ["caller.stopped", "caller.disconnected", "caller.nextRequested", "caller.statusReported", "clock.rang"] },
  ended: {},
} as const satisfies Readonly<Record<Phase, Changes>>;

const ofStream: readonly DeadlineName[] = ["start", "after"];
const ofModel: readonly DeadlineName[] = ["modelReady", "configure", "redial", "rollOver"];
const ofReply: readonly DeadlineName[] = ["reply", "stall", "tool", "goodbye", "retry", "filler", "lateReply"];
const ofLimits: readonly DeadlineName[] = ["digits", "idle", "limit"];

/** The deadlines that may be set in each phase. Entering a phase clears all others. */
export const PHASE_DEADLINES: Readonly<Record<Phase, readonly DeadlineName[]>> = {
  expected: ["start", "prewarm", "configure", "redial", "rollOver"],
  greeting: [...ofStream, ...ofModel, ...ofReply, ...ofLimits, "speechDetection"],
  talking: [...ofStream, ...ofModel, ...ofReply, ...ofLimits, "speechDetection", "gap"],
  away: ["after", "dial"],
  leaving: ["after"],
  ended: [],
};
