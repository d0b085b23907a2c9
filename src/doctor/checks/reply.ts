// The caller must hear something, and get an answer within the time that callers tolerate.
// The times: Twilio, "A Guide to Core Latency in AI Voice Agents (Cascaded Edition)", 17 November 2025,
// https://www.twilio.com/en-us/blog/developers/best-practices/guide-core-latency-ai-voice-agents

import { earlyEnd } from "../evidence/early-end.ts";
import type { DoctorCheck, DoctorJudgement } from "../evidence/evidence.ts";
import { actionOf, answerDelay, firstStream, type StreamFacts, seconds } from "../evidence/stream-facts.ts";
import { failed, onStream, passed, untested } from "./judgement.ts";

/** Mouth to ear: the guide's target, and its upper limit. */
const TARGET_MS = 1_115;
const LIMIT_MS = 1_400;
/** From here callers ask whether anyone is there. */
const LATE_MS = 2_500;
/** From here they speak again, or hang up. */
const TOO_LATE_MS = 4_500;
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
    if (first !== undefined) {
      const ms = Math.round(first.fromMs - openedAtMs);
      const isGreeting = spoke === undefined || first.fromMs < spoke.atMs;
      return passed(`${seconds(ms)} after start${isGreeting ? "" : ", after the caller spoke"}`, { ms });
    }
    const waitedMs = endAtMs - openedAtMs;
    if (earlyEnd(stream) !== undefined || waitedMs < MIN_WAIT_MS) return untested(`the stream ended after ${seconds(waitedMs)}`);
    const received = fromServer.length === 0 ? "no messages" : `${fromServer.length} messages, none audible`;
    const said = spoke === undefined ? "" : ` although the caller spoke at ${seconds(spoke.atMs - openedAtMs)}`;
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
    const delay = answerDelay(stream);
    if (delay === "overlap") return untested("the agent talked on while the caller spoke");
    if (delay === undefined) return judgeNoAnswer(stream, stream.endAtMs - spoke.untilMs);
    const ms = Math.round(delay);
    if (ms < 0) return passed("it began while the caller spoke: an echo, or a late greeting", { ms: 0 });
    const actual = `${seconds(ms)} after the caller's last word`;
    if (ms <= LATE_MS) return passed(actual, { ms });
    return failed("reply-late", actual, { ms, level: ms > TOO_LATE_MS ? "error" : "warning" });
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
export const REPLY_CHECKS: readonly DoctorCheck[] = [firstAudio, latency];
