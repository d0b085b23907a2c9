// What the numbers of a run mean: one finding for each thing that can go wrong, one for each threshold. Pure.

import type { Finding, Level } from "../../report/finding.ts";
import type { CountName, LoadResult } from "../measure/measurements.ts";
import { lastSustained, meterLimit, type RampStep } from "../measure/ramp.ts";
import { judgeThreshold, shownValue, type Threshold } from "../measure/thresholds.ts";

interface CountCheck {
  readonly id: string;
  readonly stage: string;
  readonly requirement: string;
  readonly source: string;
  readonly level: "error" | "warning";
  readonly names: readonly CountName[];
  /** Of what. */
  readonly unit: string;
  readonly fix: string;
}

const STREAM_SOURCE = "https://www.twilio.com/docs/voice/media-streams/websocket-messages";

const COUNT_CHECKS: readonly CountCheck[] = [
  {
    id: "calls.connected",
    stage: "calls",
    requirement: "Every call gets TwiML with a stream, and the stream stays open until the caller hangs up.",
    source: "https://www.twilio.com/docs/voice/twiml/stream",
    level: "error",
    names: ["failed", "dropped"],
    unit: "calls",
    fix: "run voice doctor with the same URL: it explains what happens to one call",
  },
  {
    id: "calls.audible",
    stage: "calls",
    requirement: "Every caller hears something.",
    source: STREAM_SOURCE,
    level: "error",
    names: ["silent"],
    unit: "calls",
    fix: "run voice doctor with the same URL; or let the calls last longer with --seconds",
  },
  {
    id: "audio.crosstalk",
    stage: "audio",
    requirement: "No call hears another call's audio.",
    source: STREAM_SOURCE,
    level: "error",
    names: ["crosstalk"],
    unit: "frames with a label",
    fix: "keep what belongs to a call in a variable of its connection, not of the process",
  },
  {
    id: "audio.complete",
    stage: "audio",
    requirement: "Audio arrives whole, once and in order.",
    source: STREAM_SOURCE,
    level: "warning",
    names: ["lost", "duplicated", "reordered"],
    unit: "frames",
    fix: "look for queues that drop, and for audio that is sent from two places; limit it with --fail-on 'lost>0.1%'",
  },
  {
    id: "turns.answered",
    stage: "turns",
    requirement: "Every turn of a caller is answered.",
    source: STREAM_SOURCE,
    level: "warning",
    names: ["unanswered"],
    unit: "turns",
    fix: "the callers speak in tones, which some models do not take for speech: use --model-port to play the model too",
  },
  {
    id: "turns.cleared",
    stage: "turns",
    requirement: "A caller who interrupts stops the audio: the server sends clear.",
    source: `${STREAM_SOURCE}#send-a-clear-message`,
    level: "warning",
    names: ["not_cleared"],
    unit: "interruptions",
    fix: "send clear with the streamSid when the model reports input_audio_buffer.speech_started",
  },
  {
    id: "messages.valid",
    stage: "audio",
    requirement: "Twilio understands every message.",
    source: "https://www.twilio.com/docs/api/errors/31951",
    level: "warning",
    names: ["bad"],
    unit: "messages",
    fix: "run voice doctor with the same URL: it names the wrong field",
  },
];

const words: Readonly<Record<CountName, string>> = {
  failed: "failed",
  dropped: "dropped",
  silent: "silent",
  unanswered: "not answered",
  not_cleared: "not cleared",
  lost: "lost",
  duplicated: "repeated",
  reordered: "out of order",
  crosstalk: "another call's",
  bad: "ignored",
};

function countFinding(check: CountCheck, result: LoadResult): Finding {
  const counts = check.names.map((name) => ({ name, ...result.counts[name] }));
  const most = Math.max(...counts.map(({ of }) => of));
  const isUnreachable =
    check.id === "calls.connected" &&
    result.unreachable > 0 &&
    result.unreachable === result.counts.failed.count &&
    result.counts.dropped.of === 0;
  const level: Level = most === 0 ? "untested" : isUnreachable ? "unreachable" : counts.some(({ count }) => count > 0) ? check.level : "ok";
  const { id, stage, requirement, source } = check;
  const base = { id, stage, level, requirement, source, expected: `0 ${check.names.map((name) => words[name]).join(", 0 ")}` };
  const actual =
    most === 0
      ? `no ${check.unit} were measured`
      : `${counts.map(({ name, count }) => `${count} ${words[name]}`).join(", ")} of ${most} ${check.unit}`;
  if (level === "ok" || level === "untested") return { ...base, actual };
  const evidence = check.id === "calls.connected" ? result.reasons.map(({ what, count }) => `${count} x ${what}`) : [];
  const fix = isUnreachable ? "check the URL, and that the server runs" : check.fix;
  return { ...base, actual, fix: { text: fix }, evidence };
}

function meterFinding(result: LoadResult): Finding {
  const limit = meterLimit(result);
  return {
    id: "meter.keeps-up",
    stage: "meter",
    level: result.durations.lag === undefined ? "untested" : limit === undefined ? "ok" : "warning",
    requirement: "The meter sends every frame in time and has a core to itself, so that what it measures is the server.",
    expected: "a frame is at most 10 ms late at p99, and at most 85 % of a core is used",
    actual:
      limit ?? `${(result.durations.lag?.p99Ms ?? 0).toFixed(1)} ms late at p99, ${(result.meterShare * 100).toFixed(0)} % of a core used`,
    source: "docs/load.md",
    ...(limit === undefined
      ? {}
      : { fix: { text: "place fewer calls, or run the meter on another machine: the times above are partly its own" } }),
  };
}

function thresholdFinding(threshold: Threshold, result: LoadResult): Finding {
  const { failed, value } = judgeThreshold(threshold, result);
  const { measure, text } = threshold;
  const name = measure.type === "duration" ? `${measure.name}_${measure.stat}` : measure.name;
  return {
    id: `threshold.${name}`,
    stage: "threshold",
    level: failed ? "error" : "ok",
    requirement: `The run does not fail on ${text}.`,
    expected: `not ${text}`,
    actual: value === undefined ? "nothing was measured" : `${name} was ${shownValue(measure, value)}`,
    source: "--fail-on",
  };
}

/** The findings of a run. */
export function loadFindings(result: LoadResult, thresholds: readonly Threshold[]): readonly Finding[] {
  return [
    ...COUNT_CHECKS.map((check) => countFinding(check, result)),
    meterFinding(result),
    ...thresholds.map((threshold) => thresholdFinding(threshold, result)),
  ];
}

/** The finding of a ramp. `result`: of the first step, for when nothing could be reached. */
export function rampFinding(steps: readonly RampStep[], result: LoadResult): Finding {
  const sustained = lastSustained(steps);
  const end = steps.filter(({ verdict }) => verdict.type !== "sustained").sort((one, other) => one.calls - other.calls)[0];
  const isUnreachable = sustained === undefined && result.unreachable > 0;
  const why = end === undefined || end.verdict.type === "sustained" ? "; no limit was found" : `; at ${end.calls}: ${end.verdict.what}`;
  return {
    id: "ramp.sustained",
    stage: "ramp",
    level: sustained !== undefined ? "ok" : isUnreachable ? "unreachable" : "error",
    requirement: "The server carries the first number of calls.",
    expected: "at least the first step is sustained",
    actual: sustained === undefined ? `no number of calls was sustained${why}` : `${sustained} calls were sustained${why}`,
    source: "docs/load.md",
    evidence: steps.map(({ calls, verdict }) => `${calls} calls: ${verdict.type === "sustained" ? "sustained" : verdict.what}`),
    ...(isUnreachable ? { fix: { text: "check the URL, and that the server runs" } } : {}),
  };
}
