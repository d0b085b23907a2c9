// Several calls at once must not affect each other: neither caller hears the other, neither call ends the other, and
// the first waits no longer than the rest. Each of the two callers says a tone of its own, so that leaked audio can be
// recognised.

import { decodeMulaw } from "../../audio/g711.ts";
import { levelDbfs } from "../../audio/level.ts";
import { toneLevelDbfs } from "../../audio/tone.ts";
import { isObject, parseJson } from "../../protocol/fields.ts";
import { AUDIBLE_DBFS, playedBytes, type Span } from "../../simulators/twilio/heard-audio.ts";
import type { DoctorCall, DoctorCheck, DoctorJudgement, Evidence } from "../evidence/evidence.ts";
import { turnsOf } from "../evidence/replies.ts";
import { actionOf, answerDelay, type StreamFacts, seconds, streamFacts } from "../evidence/stream-facts.ts";
import { failedAfterwards } from "./afterwards.ts";
import { failed, passed, untested } from "./judgement.ts";

const source = "https://www.twilio.com/docs/voice/media-streams";

/** Two calls that were open at once. */
interface Pair {
  readonly calls: readonly [DoctorCall, DoctorCall];
  readonly first: StreamFacts;
  /** Undefined: the second call had no stream. */
  readonly second: StreamFacts | undefined;
}

function onPair(judge: (pair: Pair, evidence: Evidence) => DoctorJudgement): (evidence: Evidence) => DoctorJudgement {
  return (evidence) => {
    const [one, other] = evidence.calls;
    const first = one === undefined ? undefined : streamFacts(one);
    if (first !== undefined && other === undefined)
      return untested(
        first.hungUpAtMs === undefined
          ? "the call ended before a second one was placed"
          : "one call was made: --calls 2 shows whether two callers at the same time disturb each other",
      );
    if (one === undefined || other === undefined || first === undefined || actionOf(first, "together") === undefined)
      return untested("there were no two calls at once");
    return judge({ first, second: streamFacts(other), calls: [one, other] }, evidence);
  };
}

const secondCall: DoctorCheck = {
  id: "concurrency.second-call",
  stage: "start",
  level: "error",
  requirement: "A second call at the same time works like the first, and does not end it.",
  expected: "both calls stay open until their callers hang up",
  source,
  judge: onPair((pair, evidence) => {
    const { first, second, calls } = pair;
    const [, other] = calls;
    if (failedAfterwards(evidence) !== undefined && second === undefined)
      return untested("the server answered nothing after the first call");
    if (first.isLimited) return untested("both streams ended at the same age, so neither call ended the other");
    const fail = (actual: string): DoctorJudgement => failed("concurrency-call-fails", actual, codeOf(other));
    if (first.hungUpAtMs === undefined) return fail(`the first call ended${closeOf(first)} while the second was open`);
    if (second === undefined) return fail(`the second call had no stream: ${firstProblem(other)}`);
    if (second.hungUpAtMs === undefined)
      return fail(`the second call ended${closeOf(second)}, ${seconds(second.endAtMs - second.openedAtMs)} after start`);
    if (isGreeted(first) && firstAudioMs(second) === undefined) return fail("the first caller heard a greeting, the second hears nothing");
    // A reply that went to the other caller is judged below.
    const unanswered = leaksOf(pair).length > 0 ? [] : unansweredCallers(first, second);
    if (unanswered.length > 0)
      return fail(`alone, the first caller was answered; while both calls are up, no answer to the ${unanswered.join(" and the ")} caller`);
    return passed("both stayed open, and both callers were answered as one is");
  }),
};

/** The error of the second call itself. */
function codeOf({ call: { problems } }: DoctorCall): { readonly twilioCode?: number } {
  const problem = problems.find(({ level }) => level === "error");
  return problem === undefined ? {} : { twilioCode: problem.twilioCode };
}

/** The callers who said something while both calls were up, and got no answer, as the first caller did when alone. */
function unansweredCallers(first: StreamFacts, second: StreamFacts): readonly string[] {
  const usualMs = turnsOf(first)[0]?.delayMs;
  if (usualMs === undefined) return [];
  return Object.entries({ first, second }).flatMap(([which, stream]) => {
    const said = actionOf(stream, "tone");
    const lastMs = (said?.untilMs ?? 0) + usualMs + LATER_MS;
    if (said === undefined || (stream.hungUpAtMs ?? 0) < lastMs) return [];
    // However late: latency is judged in the first call alone.
    const isAnswered = stream.spans.some(({ untilMs }) => untilMs > (said.untilMs ?? said.atMs));
    return isAnswered ? [] : [which];
  });
}

function closeOf({ log: { end } }: StreamFacts): string {
  return end?.code === undefined ? "" : ` with code ${end.code}${end.reason === "" ? "" : ` "${end.reason}"`}`;
}

function firstProblem({ call: { problems } }: DoctorCall): string {
  return problems[0] === undefined ? "the call ended before" : `${problems[0].twilioCode}, ${problems[0].what}`;
}

/** Whether something was heard before the caller spoke. */
function isGreeted(stream: StreamFacts): boolean {
  const spokeMs = actionOf(stream, "spoke")?.atMs ?? Number.POSITIVE_INFINITY;
  return stream.spans[0] !== undefined && stream.spans[0].fromMs < spokeMs;
}

/** Milliseconds from the open stream. */
function firstAudioMs({ spans, openedAtMs }: StreamFacts): number | undefined {
  return spans[0] === undefined ? undefined : spans[0].fromMs - openedAtMs;
}

const isolated: DoctorCheck = {
  id: "concurrency.isolated",
  stage: "media",
  level: "error",
  requirement: "Of two calls at once, neither caller hears anything of the other.",
  expected: "each caller hears only their own call",
  source,
  judge: onPair((pair) => {
    if (pair.second === undefined) return untested("the second call had no stream");
    const leaks = leaksOf(pair);
    return leaks.length === 0 ? passed("neither hears the other") : failed("concurrency-shared-state", leaks.join("; "));
  }),
};

function leaksOf({ first, second, calls: [one, other] }: Pair): readonly string[] {
  if (second === undefined) return [];
  return [
    ...leakedMessages("first", one, second.log.streamSid),
    ...leakedMessages("second", other, first.log.streamSid),
    ...leakedTone("first", first, other.toneHz),
    ...leakedTone("second", second, one.toneHz),
    ...leakedGreeting(first, second),
    ...leakedReply(first, second),
  ];
}

function leakedMessages(which: string, { frames }: DoctorCall, othersSid: string): readonly string[] {
  const count = frames.filter((frame) => {
    if (frame.from !== "server" || frame.type !== "text" || !frame.text.includes(othersSid)) return false;
    const value = parseJson(frame.text);
    return isObject(value) && value["streamSid"] === othersSid;
  }).length;
  return count === 0 ? [] : [`${count} messages in the ${which} call have the other's streamSid`];
}

/** One frame, 20 ms, because frames of two calls may alternate. Long enough to tell the tones apart. */
const BLOCK_BYTES = 160;
/** A block is a tone when almost nothing else is in it; one that is half silence measures 3 dB. */
const MAX_REST_DB = 4;
/** Fewer blocks may be speech that happens to sound like the tone. */
const MIN_TONE_BLOCKS = 15;

function leakedTone(which: string, { heard }: StreamFacts, othersHz: number | undefined): readonly string[] {
  if (othersHz === undefined) return [];
  const samples = decodeMulaw(playedBytes(heard));
  let blocks = 0;
  for (let at = 0; at + BLOCK_BYTES <= samples.length; at += BLOCK_BYTES) {
    const block = samples.subarray(at, at + BLOCK_BYTES);
    const level = levelDbfs(block);
    if (level > AUDIBLE_DBFS && level - toneLevelDbfs(block, othersHz) < MAX_REST_DB) blocks += 1;
  }
  return blocks < MIN_TONE_BLOCKS ? [] : [`the ${which} caller hears ${blocks * 20} ms of the other's ${othersHz} Hz tone`];
}

/** Shorter audio in a silent call is not a greeting. */
const MIN_GREETING_MS = 400;

/**
 * The second call's greeting, played to the first caller: the first, who is silent, hears something new, and the second
 * hears nothing.
 */
function leakedGreeting(first: StreamFacts, second: StreamFacts): readonly string[] {
  const together = actionOf(first, "together");
  if (together === undefined || !isGreeted(first) || firstAudioMs(second) !== undefined) return [];
  const untilMs = actionOf(first, "tone")?.atMs ?? first.endAtMs;
  // What began before is the rest of the first call's own reply.
  const begun = first.spans.filter(({ fromMs }) => fromMs >= Math.max(second.openedAtMs, together.atMs) && fromMs < untilMs);
  const ms = begun.reduce((sum, span) => sum + Math.min(span.untilMs, untilMs) - span.fromMs, 0);
  return ms < MIN_GREETING_MS ? [] : [`when the second call starts, the first caller hears ${seconds(ms)} of audio and the second nothing`];
}

/** How much later than usual an answer may begin. */
const LATER_MS = 1_500;

/**
 * The answer to the first caller, played to the second: the second, who is silent, hears one, and the first, who got
 * one before, does not.
 */
function leakedReply(first: StreamFacts, second: StreamFacts): readonly string[] {
  const [said, usualMs] = [actionOf(first, "tone"), answerDelay(first)];
  if (said?.untilMs === undefined || typeof usualMs !== "number" || usualMs < 0) return [];
  const spokenMs = said.untilMs;
  const lastMs = spokenMs + usualMs + LATER_MS;
  const beginsAfter = (fromMs: number) => (span: Span) => span.fromMs >= fromMs && span.fromMs <= lastMs;
  // However late: an answer may wait behind other audio.
  const isAnswered = first.spans.some((span) => span.untilMs > spokenMs);
  const leaked = second.spans.find(beginsAfter(spokenMs));
  if (isAnswered || leaked === undefined || mayBeOwn(leaked, first, second)) return [];
  return [
    `${seconds(leaked.fromMs - spokenMs)} after the first caller spoke, the second, who is silent, hears an answer and the first none`,
  ];
}

/** Whether the second caller waits for a greeting or an answer of their own, which this may be. */
function mayBeOwn({ fromMs }: Span, first: StreamFacts, second: StreamFacts): boolean {
  const saidMs = actionOf(first, "tone")?.atMs ?? fromMs;
  const own = actionOf(second, "tone");
  const isAsking = own !== undefined && own.atMs < fromMs;
  const sinceMs = isAsking ? (own.untilMs ?? own.atMs) : second.openedAtMs;
  return !second.spans.some((span) => span.untilMs > sinceMs && span.fromMs < saidMs);
}

/** How much longer the first call may wait than the last. */
const COLD_START_MS = 1_500;

const coldStart: DoctorCheck = {
  id: "concurrency.cold-start",
  stage: "reply",
  level: "info",
  requirement: "The first call after a pause waits no longer than later ones: an instance is kept running.",
  expected: "the first call waits no longer than the last",
  source: "https://www.twilio.com/docs/usage/security/availability-reliability",
  judge: ({ calls }) => {
    const [first, last] = [calls[0], calls.at(-1)];
    if (first === undefined || last === undefined || calls.length < 2) return untested("there were fewer than two calls");
    const [firstMs, lastMs] = [streamDelayMs(first), streamDelayMs(last)];
    if (firstMs === undefined || lastMs === undefined) return untested("a call had no stream");
    const actual = `the stream opened after ${seconds(firstMs)} in the first call, ${seconds(lastMs)} in call ${last.number}`;
    return { ok: firstMs - lastMs < COLD_START_MS, actual, ms: Math.round(firstMs) };
  },
};

/** From placing a call to its open stream. */
function streamDelayMs({ call: { streams, placedAtMs } }: DoctorCall): number | undefined {
  const openedAtMs = streams.find((stream) => stream.openedAtMs !== undefined)?.openedAtMs;
  return openedAtMs === undefined ? undefined : openedAtMs - placedAtMs;
}

export const CONCURRENCY_CHECKS: readonly DoctorCheck[] = [secondCall, isolated, coldStart];
