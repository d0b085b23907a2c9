// The state of a call, and how a rule changes it: all of it readonly, all of it data. The rules are in the other files; call.ts is read first.

import type { CallSettings } from "./call-settings.ts";
import type { Effect, Next } from "./effects.ts";
import type { EndReason } from "./end-reason.ts";
import type { CallIdentity } from "./events.ts";
import type { CallerLeg } from "./machines/caller-leg.ts";
import type { Deadlines } from "./machines/deadlines.ts";
import { type Hearing, quietHearing } from "./machines/hearing.ts";
import type { History } from "./machines/history.ts";
import { closedIntake, type Intake } from "./machines/intake.ts";
import { type ModelLeg, seedOf } from "./machines/model-leg.ts";
import { emptyPlayout, type Playout } from "./machines/playout.ts";
import { noResponses, type Responses } from "./machines/responses.ts";
import { noTurns, type Turns } from "./machines/turns.ts";
import { noWait, type Wait } from "./machines/wait.ts";
import type { Successor } from "./rules/roll-over.ts";

/** Where a call is. The stream may come and go within greeting and talking: that is the caller leg's own state. */
export type Phase =
  /** The webhook was answered; no stream yet. */
  | "expected"
  /** The agent speaks first. */
  | "greeting"
  | "talking"
  /** `end` and `next` are decided; Twilio is to ask, or to close. */
  | "leaving"
  /** Recorded. Only /twilio/after is still answered. */
  | "ended";

export interface Call {
  readonly identity: CallIdentity;
  readonly settings: CallSettings;
  readonly phase: Phase;
  readonly caller: CallerLeg;
  readonly model: ModelLeg;
  readonly intake: Intake;
  readonly hearing: Hearing;
  readonly playout: Playout;
  readonly responses: Responses;
  readonly turns: Turns;
  readonly history: History;
  readonly deadlines: Deadlines;
  /** The model hears the caller speaking: between speech_started and speech_stopped. */
  readonly callerSpeaks: boolean;
  /** Of the jitter between dials: differs from call to call, and is the same each time a call is replayed. */
  readonly seed: number;
  /** The next model session, made ready beside the one that runs. */
  readonly successor: Successor | undefined;
  readonly wait: Wait;
  readonly createdAtMs: number;
  readonly startedAtMs: number | undefined;
  readonly end: EndReason | undefined;
  /** The planned outcome: what Twilio is told when it asks. */
  readonly next: Next | undefined;
  readonly tally: Tally;
}

/** What is counted of a call beside what its machines count. */
export interface Tally {
  readonly framesReceived: number;
  readonly framesRepeated: number;
  readonly paddedMs: number;
  readonly badFrames: number;
  readonly badEvents: number;
  readonly bargeIns: number;
  readonly modelDials: number;
  readonly resumes: number;
}

/** A call after a step, and what it orders. */
export interface Step {
  readonly call: Call;
  readonly effects: readonly Effect[];
}

/** A call before anything has happened to it. */
export function newCall(identity: CallIdentity, settings: CallSettings, atMs: number): Call {
  return {
    identity,
    settings,
    phase: "expected",
    caller: { state: "absent", owed: false },
    model: { state: "none", epoch: 0 },
    intake: closedIntake,
    hearing: quietHearing,
    playout: emptyPlayout,
    responses: noResponses,
    turns: noTurns,
    history: [],
    deadlines: {},
    callerSpeaks: false,
    seed: seedOf(identity.callSid),
    successor: undefined,
    wait: noWait,
    createdAtMs: atMs,
    startedAtMs: undefined,
    end: undefined,
    next: undefined,
    tally: { framesReceived: 0, framesRepeated: 0, paddedMs: 0, badFrames: 0, badEvents: 0, bargeIns: 0, modelDials: 0, resumes: 0 },
  };
}

/** The step with fields of the call replaced. */
export function change({ call, effects }: Step, fields: Partial<Call>): Step {
  return { call: { ...call, ...fields }, effects };
}

/** The step with more orders. */
export function order(step: Step, ...effects: readonly Effect[]): Step {
  return effects.length === 0 ? step : { call: step.call, effects: [...step.effects, ...effects] };
}

/** The step with one thing counted. */
export function count(step: Step, name: keyof Tally, by = 1): Step {
  const { tally } = step.call;
  return change(step, { tally: { ...tally, [name]: tally[name] + by } });
}
