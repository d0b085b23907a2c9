// What a server owes to a caller who listens and speaks: something to hear, and an answer in the time that callers bear.
// The times: Twilio, "A Guide to Core Latency in AI Voice Agents (Cascaded Edition)", 17 November 2025,
// https://www.twilio.com/en-us/blog/developers/best-practices/guide-core-latency-ai-voice-agents

import { earlyEnd } from "../evidence/early-end.ts";
import type { DoctorCheck, Judged } from "../evidence/evidence.ts";
import { firstStream, type StreamFacts, seconds, stepOf, untried } from "../evidence/stream-facts.ts";

const source = "https://www.twilio.com/en-us/blog/developers/best-practices/guide-core-latency-ai-voice-agents";

/** Mouth to ear: the guide's target, and its upper limit. */
const TARGET_MS = 1_115;
const LIMIT_MS = 1_400;
/** From here callers ask whether somebody is there, and from there they speak again, or hang up. */
const LATE_MS = 2_500;
const TOO_LATE_MS = 4_500;
/** A silent server is judged when it had so long: callers bear less. */
const LEAST_WAIT_MS = 6_000;

const firstAudio: DoctorCheck = {
  id: "reply.first-audio",
  stage: "reply",
  level: "error",
  requirement: "The caller hears something: a greeting, or an answer to what was said.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#send-a-media-message",
  judge(evidence) {
    const expected = "audio that can be heard";
    const facts = firstStream(evidence);
    if (facts === undefined) return untried(expected);
    const { spans, openedAtMs, endAtMs, fromServer } = facts;
    const [first] = spans;
    const spoke = stepOf(facts, "spoke");
    if (first !== undefined) {
      const ms = Math.round(first.fromMs - openedAtMs);
      const when = spoke === undefined || first.fromMs < spoke.atMs ? "after start" : "after start, when the caller had spoken";
      return { ok: true, expected, actual: `${seconds(ms)} ${when}`, ms };
    }
    const waitedMs = endAtMs - openedAtMs;
    if (earlyEnd(facts) !== undefined || waitedMs < LEAST_WAIT_MS) return untried(expected, `the stream ended after ${seconds(waitedMs)}`);
    const came = fromServer.length === 0 ? "no message at all" : `${fromServer.length} messages, and nothing to hear`;
    const said = spoke === undefined ? "" : ` though the caller spoke at ${seconds(spoke.atMs - openedAtMs)}`;
    return { ok: false, expected, actual: `${seconds(waitedMs)} of silence${said}: ${came}`, cause: "stream-silent", fix: silentFix };
  },
};

const silentFix = {
  text: "Look at the server's log for the model: a missing or wrong API key, a model session that is set up before start was read (its audio has no streamSid to go to), an audio format that the model refused, or a first response.done that says failed.",
  stacks: {
    "express-ws":
      "Open the model's socket when the caller's start message has come, keep streamSid beside it, and log its error and close events.",
    fastapi: "Run both directions at once (asyncio.gather): a loop that only awaits websocket.receive_text() never sends.",
  },
} as const;

/** When an answer began, ms after the end of what the caller said; below 0: while the caller spoke. "on": the agent talked all the time. */
export function replyMs(facts: StreamFacts): number | "on" | undefined {
  const spoke = stepOf(facts, "spoke");
  if (spoke?.untilMs === undefined) return undefined;
  const { atMs, untilMs } = spoke;
  const fresh = facts.spans.find(({ fromMs }) => fromMs >= untilMs - 20);
  const during = facts.spans.find(({ fromMs }) => fromMs >= atMs && fromMs < untilMs);
  const begun = during ?? fresh;
  if (begun !== undefined) return begun.fromMs - untilMs;
  return facts.spans.some((span) => span.fromMs < atMs && span.untilMs > untilMs) ? "on" : undefined;
}

const latency: DoctorCheck = {
  id: "reply.latency",
  stage: "reply",
  level: "error",
  requirement: `A caller who has spoken is answered: within ${LIMIT_MS} ms at best (Twilio's upper limit, ${TARGET_MS} its target), within ${LATE_MS} at most.`,
  source,
  judge(evidence) {
    const expected = `an answer within ${seconds(LIMIT_MS)} of the caller's last word`;
    const facts = firstStream(evidence);
    const spoke = facts === undefined ? undefined : stepOf(facts, "spoke");
    if (facts === undefined || spoke?.untilMs === undefined) return untried(expected, "the caller did not come to speak");
    const began = replyMs(facts);
    if (began === "on") return untried(expected, "the agent talked on while the caller spoke");
    if (began === undefined) return noReply(facts, facts.endAtMs - spoke.untilMs, expected);
    const ms = Math.round(began);
    if (ms < 0) return { ok: true, expected, actual: "it came while the caller spoke: an echo, or a late greeting", ms: 0 };
    const actual = `${seconds(ms)} after the caller's last word`;
    if (ms <= LATE_MS) return { ok: true, expected, actual, ms };
    return { ok: false, expected, actual, ms, cause: "reply-late", level: ms > TOO_LATE_MS ? "error" : "warning" };
  },
};

function noReply(facts: StreamFacts, waitedMs: number, expected: string): Judged {
  if (facts.spans.length === 0) return untried(expected, "nothing was heard in the whole call");
  if (waitedMs < TOO_LATE_MS || earlyEnd(facts) !== undefined) return untried(expected, `the stream ended ${seconds(waitedMs)} later`);
  return { ok: false, expected, actual: `none in ${seconds(waitedMs)}, though something was heard before`, cause: "reply-none" };
}

/** In the order of a call. */
export const REPLY_CHECKS: readonly DoctorCheck[] = [firstAudio, latency];
