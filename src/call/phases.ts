// The phases of a call as data: which events change which phase, and which deadlines may be set in which. call.ts shows
// both tables and explains them.

import type { CallEvent } from "./events.ts";
import type { DeadlineName } from "./machines/deadlines.ts";

export type Phase = "expected" | "greeting" | "talking" | "leaving" | "ended";

type Changes = Readonly<Partial<Record<Phase, readonly CallEvent["type"][]>>>;

/** Phase -> next phase -> the events that may lead there. */
export const PHASE_CHANGES = {
  expected: {
    greeting: ["caller.started"],
    leaving: ["caller.started", "model.ready", "model.errorReported", "model.lost", "operator.drained", "server.threw"],
    ended: ["caller.nextRequested", "caller.statusReported", "clock.rang"],
  },
  greeting: {
    talking: ["caller.keyPressed", "model.speechStarted", "model.responseDone"],
    leaving: [
      "caller.started",
      "model.ready",
      "model.errorReported",
      "model.lost",
      "model.responseDone",
      "clock.rang",
      "operator.drained",
      "server.threw",
    ],
    ended: ["caller.stopped", "caller.nextRequested", "caller.statusReported", "clock.rang"],
  },
  talking: {
    greeting: ["caller.disconnected", "caller.nextRequested", "caller.started"],
    leaving: [
      "caller.started",
      "model.ready",
      "model.errorReported",
      "model.lost",
      "model.responseDone",
      "clock.rang",
      "operator.drained",
      "server.threw",
    ],
    ended: ["caller.stopped", "caller.nextRequested", "caller.statusReported", "clock.rang"],
  },
  leaving: {
    ended: ["caller.stopped", "caller.disconnected", "caller.nextRequested", "caller.statusReported", "clock.rang"],
  },
  ended: {},
} as const satisfies Readonly<Record<Phase, Changes>>;

/** The deadlines that may be set in each phase. Entering a phase clears all others. */
export const PHASE_DEADLINES: Readonly<Record<Phase, readonly DeadlineName[]>> = {
  expected: ["start", "prewarm", "configure", "redial", "rollOver"],
  greeting: [
    "start",
    "after",
    "modelReady",
    "configure",
    "redial",
    "rollOver",
    "reply",
    "stall",
    "retry",
    "filler",
    "lateReply",
    "speechDetection",
  ],
  talking: [
    "start",
    "after",
    "modelReady",
    "configure",
    "redial",
    "rollOver",
    "reply",
    "stall",
    "retry",
    "filler",
    "lateReply",
    "speechDetection",
    "gap",
  ],
  leaving: ["after"],
  ended: [],
};
