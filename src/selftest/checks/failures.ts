// What the caller must hear when something fails: the agent again, or one message. Judged by what was heard, not by
// what the server did. Follows https://www.twilio.com/docs/voice/twiml/connect#action and
// https://developers.openai.com/api/docs/guides/error-codes

import { joinBytes } from "../../protocol/bytes.ts";
import { applicationError, type CallEvidence, describeStream, messagesHeard } from "./evidence.ts";
import { allHold, judgementOf, type SelftestCheck } from "./judgement.ts";

/** Callers hang up after about eight seconds of silence. */
const PATIENCE_MS = 6_000;
/** For a busy machine: forty calls are played at the same time. */
const SLACK_MS = 4_500;

const LIMIT_MS = PATIENCE_MS + SLACK_MS;

const nextSource = "https://www.twilio.com/docs/voice/twiml/connect#action";
const codesSource = "https://developers.openai.com/api/docs/guides/error-codes";
const sessionSource = "https://developers.openai.com/api/docs/guides/realtime-conversations";

type CheckText = Omit<SelftestCheck<never>, "judge">;

/** A failure without recovery: the caller hears one message, then the call ends. */
function endsWithApology(text: CheckText): SelftestCheck<CallEvidence> {
  return {
    ...text,
    judge(evidence) {
      const { call } = evidence;
      const messages = messagesHeard(evidence);
      const error = applicationError(evidence);
      const messageAtMs = call.line.find(({ kind }) => kind === "say")?.atMs;
      const ms = Math.round((messageAtMs ?? Number.NaN) - (call.answeredAtMs ?? call.placedAtMs));
      const judgement = allHold(
        `one message within ${LIMIT_MS} ms, then the end of the call`,
        `"${messages.join(" ")}" after ${ms} ms`,
        [error === undefined, error ?? ""],
        [messages.length === 1, `${messages.length} messages; ${describeStream(call.streams[0])}`],
        [ms <= LIMIT_MS, `the message came after ${ms} ms`],
        [call.end?.by === "server", `the call was ended by ${call.end?.by ?? "neither side"}`],
      );
      return Number.isNaN(ms) ? judgement : { ...judgement, ms };
    },
  };
}

/** A call with a failure; `reply` must be heard in full all the same. */
export type RecoveryEvidence = CallEvidence & { readonly reply: Uint8Array };

/** A failure with recovery: the caller hears the reply, and no message about the failure. */
function isRecovered(text: CheckText): SelftestCheck<RecoveryEvidence> {
  return {
    ...text,
    judge(evidence) {
      const { call, sessions, reply } = evidence;
      const messages = messagesHeard(evidence);
      const error = applicationError(evidence);
      const ms = heardInFullAfterMs(evidence);
      const judgement = allHold(
        `the agent's whole reply within ${LIMIT_MS} ms, and no message`,
        `the reply after ${ms} ms, with ${sessions.length} model sessions`,
        [error === undefined, error ?? ""],
        [messages.length === 0, `"${messages.join(" ")}"`],
        [ms !== undefined, `the reply of ${reply.length / 8} ms was not heard in full: ${describeStream(call.streams.at(-1))}`],
        [(ms ?? 0) <= LIMIT_MS, `the reply came after ${ms} ms`],
        [call.end?.by === "caller", `the call was ended by ${call.end?.by ?? "neither side"}`],
      );
      return ms === undefined ? judgement : { ...judgement, ms };
    },
  };
}

/** From the answering of the call to the start of the reply; undefined when it was not heard in full. */
function heardInFullAfterMs({ call, reply }: RecoveryEvidence): number | undefined {
  for (const { heard } of call.streams) {
    const pieces = heard?.pieces ?? [];
    for (const [index, { atMs }] of pieces.entries()) {
      const bytes = joinBytes(pieces.slice(index).map((piece) => piece.bytes));
      if (bytes.length >= reply.length && reply.every((code, at) => bytes[at] === code))
        return Math.round(atMs - (call.answeredAtMs ?? call.placedAtMs));
    }
  }
  return undefined;
}

export const modelKeyApology: SelftestCheck<CallEvidence> = endsWithApology({
  id: "fault.model-key",
  stage: "failure",
  level: "error",
  requirement: "A key that the model rejects is not retried: the caller hears an apology.",
  source: codesSource,
});

export const modelQuotaApology: SelftestCheck<CallEvidence> = endsWithApology({
  id: "fault.model-quota",
  stage: "failure",
  level: "error",
  requirement: "An account without quota, which only the first response shows, ends with an apology.",
  source: codesSource,
});

export const streamFormatApology: SelftestCheck<CallEvidence> = endsWithApology({
  id: "fault.stream-format",
  stage: "failure",
  level: "error",
  requirement: "A stream in an unknown audio format ends with an apology, not with noise.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message",
});

export const serverThrowsApology: SelftestCheck<CallEvidence> = endsWithApology({
  id: "fault.server-throws",
  stage: "failure",
  level: "error",
  requirement: "An exception in the server ends that one call with an apology, and no other call.",
  source: nextSource,
});

export const modelBusyRecovered: SelftestCheck<RecoveryEvidence> = isRecovered({
  id: "fault.model-busy",
  stage: "failure",
  level: "error",
  requirement: "A model that answers HTTP 500 is dialled again, and the caller does not notice.",
  source: codesSource,
});

export const modelLostRecovered: SelftestCheck<RecoveryEvidence> = isRecovered({
  id: "fault.model-lost",
  stage: "failure",
  level: "error",
  requirement: "When the model's connection breaks mid-call, a new session continues the conversation.",
  source: sessionSource,
});

export const modelExpiredRecovered: SelftestCheck<RecoveryEvidence> = isRecovered({
  id: "fault.model-expired",
  stage: "failure",
  level: "error",
  requirement: "A session that expires while the model speaks is replaced by a new one.",
  source: sessionSource,
});

export const modelSilentRecovered: SelftestCheck<RecoveryEvidence> = isRecovered({
  id: "fault.model-silent",
  stage: "failure",
  level: "error",
  requirement: "A response that starts and then stalls is requested again from a new session.",
  source: sessionSource,
});

export const responseFailedRecovered: SelftestCheck<RecoveryEvidence> = isRecovered({
  id: "fault.response-failed",
  stage: "failure",
  level: "error",
  requirement: "A response that fails is requested again.",
  source: codesSource,
});

export const fallbackAnswered: SelftestCheck<RecoveryEvidence> = isRecovered({
  id: "fault.fallback",
  stage: "failure",
  level: "error",
  requirement: "Twilio's request to the fallback URL is answered, and the caller is served.",
  source: "https://www.twilio.com/docs/usage/security/availability-reliability#fallback-urls",
});

/** The same call twice: the model dialled at the webhook, and at `start`. */
export interface PrewarmEvidence {
  readonly warm: CallEvidence;
  readonly cold: CallEvidence;
  /** One-way delay to the model in both, ms. */
  readonly lagMs: number;
  /** From the stream's 101 to its `start`, ms. */
  readonly startMs: number;
}

/** How much sooner the agent is heard when the model is dialled at the webhook: measured, not judged. */
export const prewarmSaves: SelftestCheck<PrewarmEvidence> = {
  id: "prewarm.saves",
  stage: "start",
  level: "error",
  requirement: "The agent is heard whether the model is dialled at the webhook or at start; the gain is measured.",
  source: "https://developers.openai.com/api/docs/guides/realtime-websocket",
  judge({ warm, cold, lagMs, startMs }) {
    const [warmMs, coldMs] = [warm, cold].map((evidence) => greetedAfterMs(evidence, startMs));
    const expected = "the agent is heard in both calls";
    if (warmMs === undefined || coldMs === undefined) return judgementOf(false, expected, "it was not heard in both");
    const saved = `${warmMs} ms after start instead of ${coldMs} ms: ${coldMs - warmMs} ms sooner, with a model ${lagMs} ms away`;
    return judgementOf(true, expected, saved, coldMs - warmMs);
  },
};

/** From `start` to the agent's first audio; what is played to bridge the wait does not count. */
function greetedAfterMs({ call, replies }: CallEvidence, startMs: number): number | undefined {
  const [stream] = call.streams;
  const [greeting] = replies;
  if (stream?.openedAtMs === undefined || greeting === undefined) return undefined;
  const begins = stream.heard?.pieces.find(({ bytes }) => bytes.length > 0 && bytes.every((code, at) => code === greeting[at]));
  return begins === undefined ? undefined : Math.round(begins.atMs - stream.openedAtMs - startMs);
}
