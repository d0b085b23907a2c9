// The caller must hear something, and get an answer within the time that callers tolerate.
// The times: Twilio, "A Guide to Core Latency in AI Voice Agents (Cascaded Edition)", 17 November 2025,
// https://www.twilio.com/en-us/blog/developers/best-practices/guide-core-latency-ai-voice-agents

import { earlyEnd } from "../evidence/early-end.ts";
import type { DoctorCheck, DoctorJudgement } from "../evidence/evidence.ts";
import { echoDelayMs, lateGreetingMs, type Turn, turnsOf } from "../evidence/replies.ts";
import { actionOf, answerDelay, firstStream, type StreamFacts, seconds } from "../evidence/stream-facts.ts";
import { failed, onStream, passed, untested } from "./judgement.ts";

/** Mouth to ear: the guide's target, and its upper limit. */
const TARGET_MS = 1_115;
const LIMIT_MS = 1_400;
/** From here callers ask whether anyone is there. */
const LATE_MS = 2_500;
/** From here they speak again, or hang up. */
const TOO_LATE_MS = 4_500;
/** A reply that waited longer than this behind other audio was held up by it. */
const QUEUED_MS = 1_000;
/** A greeting that comes later is not waited for. */
const TOO_LATE_GREETING_MS = 10_000;
/** Replies from which a trend is read, and how much all of them must add. */
const MIN_TURNS = 3;
const GROWN_MS = 800;
/** A few replies show a trend when each adds this much; many, when so many pairs of them are in order. */
const FEW_TURNS = 5;
const MIN_GROWTH_MS = 200;
const IN_ORDER = 0.85;
/** Delays that are listed one by one. */
const MAX_LISTED = 5;
/** A server counts as silent only after this long, which is longer than callers wait. */
const MIN_WAIT_MS = 6_000;

const firstAudio: DoctorCheck = {
  id: "reply.first-audio",
  stage: "reply",
  level: "error",
  requirement: "The caller hears something: a greeting, or an answer.",
  expected: "something audible",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-media-message",
  judge: onStream((stream) => {
    const { spans, openedAtMs, endAtMs, fromServer } = stream;
    const [first] = spans;
    const spoke = actionOf(stream, "spoke");
    const lateMs = lateGreetingMs(stream);
    if (lateMs !== undefined) {
      const actual = `the first sound came after ${seconds(lateMs)}`;
      return failed("greeting-late", actual, { ms: Math.round(lateMs), level: lateMs > TOO_LATE_GREETING_MS ? "error" : "warning" });
    }
    if (first !== undefined) {
      const ms = Math.round(first.fromMs - openedAtMs);
      const isGreeting = spoke === undefined || first.fromMs < spoke.atMs;
      return passed(`${seconds(ms)} after start${isGreeting ? "" : ", after the caller spoke"}`, { ms });
    }
    const waitedMs = endAtMs - openedAtMs;
    if (earlyEnd(stream) !== undefined || waitedMs < MIN_WAIT_MS) return untested(`the stream ended after ${seconds(waitedMs)}`);
    const received = fromServer.length === 0 ? "no messages" : `${fromServer.length} messages, none audible`;
    const said = spoke === undefined ? "" : ` although the caller spoke at ${seconds(spoke.atMs - openedAtMs)}`;
    const pinged = actionOf(stream, "pinged");
    if (pinged !== undefined && stream.log.pongs === undefined)
      return failed("stream-blocked", `${seconds(waitedMs)} of silence${said}, and no answer to a ping: ${received}`);
    return failed("stream-silent", `${seconds(waitedMs)} of silence${said}: ${received}`);
  }),
};

const latency: DoctorCheck = {
  id: "reply.latency",
  stage: "reply",
  level: "error",
  requirement: `The caller gets an answer: ideally within ${LIMIT_MS} ms (Twilio's upper limit; its target is ${TARGET_MS}), and at most within ${LATE_MS}.`,
  expected: `an answer within ${seconds(LIMIT_MS)} of the caller's last word`,
  source: "https://www.twilio.com/en-us/blog/developers/best-practices/guide-core-latency-ai-voice-agents",
  judge: (evidence) => {
    const stream = firstStream(evidence);
    const spoke = stream === undefined ? undefined : actionOf(stream, "spoke");
    if (stream === undefined || spoke?.untilMs === undefined) return untested("the call ended before the caller spoke");
    const echoMs = echoDelayMs(evidence.calls[0]?.frames ?? [], stream);
    if (echoMs !== undefined)
      return untested(`the server sends the caller's own voice back after ${seconds(echoMs)}: an echo has no latency`);
    const replies = answeredTurns(stream);
    if (replies.length > 0) return judgeDelays(replies);
    const delay = answerDelay(stream);
    if (delay === "overlap") return untested("the agent talked on while the caller spoke");
    if (delay === undefined) return judgeNoAnswer(stream, stream.endAtMs - spoke.untilMs);
    return delay < 0
      ? passed("it began while the caller spoke: a late greeting", { ms: 0 })
      : passed(`${seconds(delay)} after the caller's last word`, { ms: Math.round(delay) });
  },
};

type AnsweredTurn = Turn & { readonly delayMs: number; readonly sentMs: number };

/** A greeting that comes late is not an answer to the caller. */
function answeredTurns(stream: StreamFacts): readonly AnsweredTurn[] {
  const answered = turnsOf(stream).filter((turn): turn is AnsweredTurn => turn.delayMs !== undefined && turn.sentMs !== undefined);
  return lateGreetingMs(stream) === undefined ? answered : answered.slice(1);
}

function describeDelays(delays: readonly number[]): string {
  const since = "after the caller's last word";
  if (delays.length <= MAX_LISTED) return `${delays.map(seconds).join(", ")} ${since}`;
  const [first, second] = delays.map(seconds);
  return `${first}, ${second}, ..., ${delays.slice(-2).map(seconds).join(", ")} ${since}, at most ${seconds(Math.max(...delays))} in ${delays.length} replies`;
}

/** Whether each reply takes longer than those before. In many replies, a few may break the order. */
function isGrowing(delays: readonly number[]): boolean {
  if (delays.length <= FEW_TURNS) return delays.every((delay, at) => at === 0 || delay - (delays[at - 1] ?? 0) > MIN_GROWTH_MS);
  const inOrder = delays.flatMap((delay, at) => delays.slice(at + 1).map((later) => later > delay));
  return inOrder.filter(Boolean).length >= IN_ORDER * inOrder.length;
}

function judgeDelays(replies: readonly AnsweredTurn[]): DoctorJudgement {
  const delays = replies.map(({ delayMs }) => Math.max(0, delayMs));
  const slowest = replies.reduce((most, reply) => (reply.delayMs > most.delayMs ? reply : most));
  const ms = Math.round(Math.max(...delays));
  const actual = describeDelays(delays);
  if (ms <= LATE_MS) return passed(actual, { ms });
  const level = ms > TOO_LATE_MS ? "error" : "warning";
  if (slowest.sentMs <= LATE_MS && slowest.delayMs - slowest.sentMs > QUEUED_MS) {
    const queued = `${actual}; the slowest was sent after ${seconds(slowest.sentMs)} and waited ${seconds(slowest.delayMs - slowest.sentMs)}`;
    return failed("reply-queued", queued, { ms, level });
  }
  return failed("reply-late", actual, { ms, level });
}

const steady: DoctorCheck = {
  id: "reply.steady",
  stage: "reply",
  level: "warning",
  requirement: "Later replies take no longer than the first: the server keeps up with the caller's audio.",
  expected: "replies that take the same time",
  source: "https://www.twilio.com/en-us/blog/developers/best-practices/guide-core-latency-ai-voice-agents",
  judge: onStream((stream) => {
    const delays = answeredTurns(stream).map(({ delayMs }) => delayMs);
    if (delays.length < MIN_TURNS) return untested(`only ${delays.length} replies were measured: --patient measures more`);
    const grownMs = (delays.at(-1) ?? 0) - (delays[0] ?? 0);
    const actual = describeDelays(delays);
    if (!isGrowing(delays) || grownMs <= GROWN_MS) return passed(actual);
    const level = (delays.at(-1) ?? 0) > TOO_LATE_MS ? "error" : "warning";
    return failed("reply-lag-grows", actual, { ms: Math.round(grownMs), level });
  }),
};

const continues: DoctorCheck = {
  id: "reply.continues",
  stage: "reply",
  level: "error",
  requirement: "Whenever the caller speaks, an answer comes, and not only the first time.",
  expected: `an answer to each utterance within ${seconds(MIN_WAIT_MS)}`,
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#media-message",
  judge: (evidence) => {
    const stream = firstStream(evidence);
    const turns = stream === undefined ? [] : turnsOf(stream);
    if (stream === undefined || turns.every(({ delayMs }) => delayMs === undefined)) return untested("no answer was heard");
    if (earlyEnd(stream) !== undefined) return untested("the stream ended before the caller hung up");
    if (echoDelayMs(evidence.calls[0]?.frames ?? [], stream) !== undefined) return untested("an echo does not answer");
    const at = turns.findIndex(({ silentMs = 0 }) => silentMs >= MIN_WAIT_MS);
    const count = turns.filter(({ delayMs }) => delayMs !== undefined).length;
    if (at < 0) return passed(`${count} answers`);
    const answered = `${count} ${count === 1 ? "answer" : "answers"}`;
    return failed("reply-stops", `${answered}, then ${seconds(turns[at]?.silentMs ?? 0)} of silence after the caller spoke again`);
  },
};

function judgeNoAnswer(stream: StreamFacts, waitedMs: number): DoctorJudgement {
  if (stream.spans.length === 0) return untested("nothing was heard in the whole call");
  if (waitedMs < 0) return untested("the stream ended while the caller spoke");
  if (waitedMs < TOO_LATE_MS || earlyEnd(stream) !== undefined)
    return untested(`the stream ended ${seconds(waitedMs)} after the caller spoke`);
  return failed("reply-none", `no answer in ${seconds(waitedMs)}, although something was heard before`);
}

/** In the order of a call. */
export const REPLY_CHECKS: readonly DoctorCheck[] = [firstAudio, continues, steady, latency];
