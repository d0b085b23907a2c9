// The state of a call, and the only functions that change it. Everything is readonly data. `phase` has one writer,
// enterPhase; `deadlines` has setDeadline, clearDeadlines, enterPhase and playoutGrown.

import type { SessionOption } from "../protocol/realtime/session-options.ts";
import type { CallSettings } from "./call-settings.ts";
import type { Effect, Next } from "./effects.ts";
import type { EndReason } from "./end-reason.ts";
import type { CallIdentity } from "./events.ts";
import type { CallerLeg } from "./machines/caller-leg.ts";
import { type CallerWait, noWait } from "./machines/caller-wait.ts";
import type { Collecting } from "./machines/collecting.ts";
import { type Costs, noCosts } from "./machines/costs.ts";
import { type DeadlineName, type Deadlines, withDeadline, withoutDeadlines } from "./machines/deadlines.ts";
import type { Goodbye } from "./machines/goodbye.ts";
import type { History } from "./machines/history.ts";
import { closedIntake, type Intake, markAnswered } from "./machines/intake.ts";
import { type Limits, noLimits } from "./machines/limits.ts";
import { jitterSeedOf, type ModelLeg, type Successor } from "./machines/model-leg.ts";
import { emptyPlayout, type Playout, type PlayoutStep } from "./machines/playout.ts";
import { noResponses, type Responses } from "./machines/responses.ts";
import { initialSpeechWatch, type SpeechWatch } from "./machines/speech-watch.ts";
import { noTools, type Tools } from "./machines/tools.ts";
import type { Transfer, TransferRecord } from "./machines/transfer.ts";
import { noTurns, type Turns } from "./machines/turns.ts";
import { PHASE_DEADLINES, type Phase } from "./phases.ts";
import type { Fallback } from "./record.ts";

export interface Call {
  readonly identity: CallIdentity;
  readonly settings: CallSettings;
  readonly phase: Phase;
  readonly caller: CallerLeg;
  readonly model: ModelLeg;
  /** Which model answers: an index of the agent's list. */
  readonly chosen: number;
  /** The next model session, prepared beside the current one. */
  readonly successor: Successor | undefined;
  /** Session settings that the model's server has refused: its sessions are configured without them. */
  readonly omitted: readonly SessionOption[];
  /** Kinds of model errors that were logged; further errors of these kinds are only counted. */
  readonly loggedErrors: readonly string[];
  readonly intake: Intake;
  readonly speechWatch: SpeechWatch;
  readonly playout: Playout;
  readonly responses: Responses;
  readonly tools: Tools;
  /** The agent ends the call: its last words. */
  readonly goodbye: Goodbye | undefined;
  /** The function call `send_digits` whose tones are playing. */
  readonly tones: string | undefined;
  readonly collecting: Collecting | undefined;
  /** What the caller has typed, by kind: for the functions that need it. */
  readonly typed: Readonly<Record<string, string>>;
  /** The caller is being transferred. */
  readonly transfer: Transfer | undefined;
  /** Transfers that are over, oldest first. */
  readonly transfers: readonly TransferRecord[];
  readonly limits: Limits;
  readonly costs: Costs;
  readonly turns: Turns;
  readonly history: History;
  readonly deadlines: Deadlines;
  /** The model detects speech: between speech_started and speech_stopped. */
  readonly callerSpeaks: boolean;
  readonly callerWait: CallerWait;
  readonly fallback: Fallback;
  /** Seeds the jitter of redials: it differs from call to call, and a replayed call has the same. */
  readonly jitterSeed: number;
  readonly createdAtMs: number;
  readonly startedAtMs: number | undefined;
  readonly end: EndReason | undefined;
  /** What Twilio gets when it asks what comes next; undefined until the call is leaving. */
  readonly next: Next | undefined;
  /** Of the caller's audio, without repeated ones. */
  readonly framesReceived: number;
  readonly tally: Tally;
}

/** Counters beside those of the machines. */
export interface Tally {
  readonly framesRepeated: number;
  readonly paddedMs: number;
  readonly badFrames: number;
  readonly badEvents: number;
  /** Errors that the model reported, except harmless ones. */
  readonly modelErrors: number;
  readonly bargeIns: number;
  readonly modelDials: number;
  readonly resumes: number;
}

/** A call after a step, and what it orders, in order. */
export interface Step {
  readonly call: Call;
  readonly effects: readonly Effect[];
}

/** A call whose webhook has just arrived. */
export function newCall(identity: CallIdentity, settings: CallSettings, atMs: number): Call {
  return {
    identity,
    settings,
    phase: "expected",
    caller: { state: "absent", replyDue: false },
    model: { state: "none", epoch: 0 },
    chosen: settings.firstModel,
    successor: undefined,
    omitted: settings.refused[settings.firstModel] ?? [],
    loggedErrors: [],
    intake: closedIntake,
    speechWatch: initialSpeechWatch,
    playout: emptyPlayout,
    responses: noResponses,
    tools: noTools,
    goodbye: undefined,
    tones: undefined,
    collecting: undefined,
    typed: {},
    transfer: undefined,
    transfers: [],
    limits: noLimits,
    costs: noCosts,
    turns: noTurns,
    history: [],
    deadlines: {},
    callerSpeaks: false,
    callerWait: noWait,
    fallback: "none",
    jitterSeed: jitterSeedOf(identity.callSid),
    createdAtMs: atMs,
    startedAtMs: undefined,
    end: undefined,
    next: undefined,
    framesReceived: 0,
    tally: {
      framesRepeated: 0,
      paddedMs: 0,
      badFrames: 0,
      badEvents: 0,
      modelErrors: 0,
      bargeIns: 0,
      modelDials: 0,
      resumes: 0,
    },
  };
}

/** The same step when no field has another value. Field by field: a second spread would take as long as all else. */
export function change(step: Step, fields: Partial<Omit<Call, "phase" | "deadlines">>): Step {
  const { call, effects } = step;
  let changed: Record<string, unknown> | undefined;
  for (const name in fields) {
    const field = name as keyof typeof fields;
    if (fields[field] === call[field]) continue;
    changed ??= { ...call };
    changed[field] = fields[field];
  }
  return changed === undefined ? step : { call: changed as unknown as Call, effects };
}

/** A frame of the caller's audio was taken. Written out, as playoutGrown is: most events of a call change only this. */
export function frameTaken({ call, effects }: Step, caller: CallerLeg): Step {
  return { call: { ...call, caller, framesReceived: call.framesReceived + 1 }, effects };
}

/** The model's audio was sent, and more of it, or its end, must arrive by `stallAtMs`. */
export function playoutGrown({ call, effects }: Step, playout: Playout, stallAtMs: number): Step {
  return { call: { ...call, playout, deadlines: { ...call.deadlines, stall: stallAtMs } }, effects };
}

/** Enters a phase. Deadlines that do not belong to it are cleared (phases.ts). */
export function enterPhase(step: Step, phase: Phase): Step {
  const { call, effects } = step;
  if (call.phase === phase) return step;
  const names = (Object.keys(call.deadlines) as DeadlineName[]).filter((name) => !PHASE_DEADLINES[phase].includes(name));
  return { call: { ...call, phase, deadlines: withoutDeadlines(call.deadlines, names) }, effects };
}

/** Sets a deadline, replacing its earlier value. */
export function setDeadline(step: Step, name: DeadlineName, atMs: number): Step {
  const { call, effects } = step;
  if (call.deadlines[name] === atMs) return step;
  return { call: { ...call, deadlines: withDeadline(call.deadlines, name, atMs) }, effects };
}

export function clearDeadlines(step: Step, ...names: readonly DeadlineName[]): Step {
  const { call, effects } = step;
  const deadlines = withoutDeadlines(call.deadlines, names);
  return deadlines === call.deadlines ? step : { call: { ...call, deadlines }, effects };
}

export function order(step: Step, ...effects: readonly Effect[]): Step {
  return orderAll(step, effects);
}

export function orderAll(step: Step, effects: readonly Effect[]): Step {
  if (effects.length === 0) return step;
  return { call: step.call, effects: step.effects.length === 0 ? effects : [...step.effects, ...effects] };
}

/** What an event orders before the rules have seen it. */
export const nothingOrdered: readonly Effect[] = [];

/** Takes over a changed playout, and orders its mark, if any. */
export function applyPlayout(step: Step, { playout, mark }: PlayoutStep): Step {
  const changed = change(step, { playout });
  return mark === undefined ? changed : order(changed, { type: "caller.mark", name: mark });
}

/** What was kept of the caller's audio has been answered: a new session does not get it. */
export function answerKept(step: Step): Step {
  const intake = markAnswered(step.call.intake);
  return intake === step.call.intake ? step : order(change(step, { intake }), { type: "audio.forget" });
}

/** Adds to one counter. */
export function count(step: Step, name: keyof Tally, by = 1): Step {
  const { tally } = step.call;
  return change(step, { tally: { ...tally, [name]: tally[name] + by } });
}
