// What a server owes to its caller when something breaks: to fix it, or to say so in words. Judged by what the caller
// heard, not by what the server did.
// Follows https://www.twilio.com/docs/voice/twiml/connect#action and
// https://developers.openai.com/api/docs/guides/error-codes

import { joinBytes } from "../../protocol/bytes.ts";
import { applicationError, type CallEvidence, tellStream, wordsHeard } from "./evidence.ts";
import { allHold, judgementOf, type SelftestCheck } from "./judgement.ts";

/** People hang up on some eight seconds of silence; six is what a caller may be asked to bear. */
const PATIENCE_MS = 6_000;
/** What a busy machine adds to it, on which forty calls are played at once. */
const SLACK_MS = 4_500;

/** As it is judged, in words. */
const BOUND = `${PATIENCE_MS} ms, and ${SLACK_MS} where the machine is busy`;

const nextSource = "https://www.twilio.com/docs/voice/twiml/connect#action";
const codesSource = "https://developers.openai.com/api/docs/guides/error-codes";
const sessionSource = "https://developers.openai.com/api/docs/guides/realtime-conversations";

type CheckText = Omit<SelftestCheck<never>, "judge">;

/** Cannot be mended: the caller is told, and the call is ended. */
function told(text: CheckText): SelftestCheck<CallEvidence> {
  return {
    ...text,
    judge(evidence) {
      const { call } = evidence;
      const words = wordsHeard(evidence);
      const error = applicationError(evidence);
      const wordsAtMs = call.line.find(({ kind }) => kind === "words")?.atMs;
      const ms = Math.round((wordsAtMs ?? Number.NaN) - (call.answeredAtMs ?? call.placedAtMs));
      const judgement = allHold(
        `a sentence within ${BOUND}, then the end`,
        `"${words.join(" ")}" after ${ms} ms`,
        [error === undefined, error ?? ""],
        [words.length === 1, `${words.length} sentences; ${tellStream(call.streams[0])}`],
        [ms <= PATIENCE_MS + SLACK_MS, `the sentence came after ${ms} ms`],
        [call.end?.by === "server", `ended by ${call.end?.by ?? "nobody"}`],
      );
      return Number.isNaN(ms) ? judgement : { ...judgement, ms };
    },
  };
}

/** A call in which something breaks and is mended; `reply` is what must be heard whole all the same. */
export type MendedEvidence = CallEvidence & { readonly reply: Uint8Array };

/** Can be mended: the caller hears what was due, and no words about it. */
function mended(text: CheckText): SelftestCheck<MendedEvidence> {
  return {
    ...text,
    judge(evidence) {
      const { call, sessions, reply } = evidence;
      const words = wordsHeard(evidence);
      const error = applicationError(evidence);
      const ms = heardWholeAfterMs(evidence);
      const judgement = allHold(
        `the agent within ${BOUND}, whole, and no words about it`,
        `the agent after ${ms} ms, ${sessions.length} model sessions`,
        [error === undefined, error ?? ""],
        [words.length === 0, `"${words.join(" ")}"`],
        [ms !== undefined, `not heard whole: ${reply.length / 8} ms were due, ${tellStream(call.streams.at(-1))}`],
        [(ms ?? 0) <= PATIENCE_MS + SLACK_MS, `the agent came after ${ms} ms`],
        [call.end?.by === "caller", `ended by ${call.end?.by ?? "nobody"}`],
      );
      return ms === undefined ? judgement : { ...judgement, ms };
    },
  };
}

/** From the call's answer to the beginning of the reply that was heard whole; undefined where none was. */
function heardWholeAfterMs({ call, reply }: MendedEvidence): number | undefined {
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

/** No key will do. */
export const modelKeyTold: SelftestCheck<CallEvidence> = told({
  id: "fault.model-key",
  stage: "failure",
  level: "error",
  requirement: "A key that the model rejects is not retried: the caller hears an apology.",
  source: codesSource,
});

/** No money left. */
export const quotaTold: SelftestCheck<CallEvidence> = told({
  id: "fault.model-quota",
  stage: "failure",
  level: "error",
  requirement: "An account without quota, which only the first response shows, ends with an apology.",
  source: codesSource,
});

/** A stream in a format of its own. */
export const formatTold: SelftestCheck<CallEvidence> = told({
  id: "fault.stream-format",
  stage: "failure",
  level: "error",
  requirement: "A stream in an unknown audio format ends with an apology, not with noise.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message",
});

/** A mistake of the server's own. */
export const throwTold: SelftestCheck<CallEvidence> = told({
  id: "fault.server-throws",
  stage: "failure",
  level: "error",
  requirement: "An exception in the server ends that one call with an apology, and no other call.",
  source: nextSource,
});

export const busyMended: SelftestCheck<MendedEvidence> = mended({
  id: "fault.model-busy",
  stage: "failure",
  level: "error",
  requirement: "A model that answers HTTP 500 is dialled again, and the caller does not notice.",
  source: codesSource,
});

/** A connection that breaks. */
export const lostMended: SelftestCheck<MendedEvidence> = mended({
  id: "fault.model-lost",
  stage: "failure",
  level: "error",
  requirement: "When the model's connection breaks mid-call, a new session continues the conversation.",
  source: sessionSource,
});

/** A session that ends. */
export const expiredMended: SelftestCheck<MendedEvidence> = mended({
  id: "fault.model-expired",
  stage: "failure",
  level: "error",
  requirement: "A session that expires while the model speaks is replaced by a new one.",
  source: sessionSource,
});

/** A model that has nothing to say. */
export const silentMended: SelftestCheck<MendedEvidence> = mended({
  id: "fault.model-silent",
  stage: "failure",
  level: "error",
  requirement: "A response that starts and then stalls is requested again from a new session.",
  source: sessionSource,
});

/** A response that fails. */
export const failedMended: SelftestCheck<MendedEvidence> = mended({
  id: "fault.response-failed",
  stage: "failure",
  level: "error",
  requirement: "A response that fails is requested again.",
  source: codesSource,
});

/** Another host's call. */
export const fallbackTaken: SelftestCheck<MendedEvidence> = mended({
  id: "fault.fallback",
  stage: "failure",
  level: "error",
  requirement: "Twilio's request to the fallback URL is answered, and the caller is served.",
  source: "https://www.twilio.com/docs/usage/security/availability-reliability#fallback-urls",
});

/** The same call twice: with the model dialled at the webhook, and with it dialled at `start`. */
export interface PrewarmEvidence {
  readonly warm: CallEvidence;
  readonly cold: CallEvidence;
  /** How far away the model was in both, one way, ms. */
  readonly lagMs: number;
  /** From the stream's 101 to its `start`, ms. */
  readonly startMs: number;
}

/** How much sooner the agent is heard, from `start` on, when the model was dialled at the webhook. Told, not judged. */
export const prewarmSaves: SelftestCheck<PrewarmEvidence> = {
  id: "prewarm.saves",
  stage: "start",
  level: "error",
  requirement: "The agent is heard whether the model is dialled at the webhook or at start; the gain is measured.",
  source: "https://developers.openai.com/api/docs/guides/realtime-websocket",
  judge({ warm, cold, lagMs, startMs }) {
    const [warmMs, coldMs] = [warm, cold].map((evidence) => greetedAfterMs(evidence, startMs));
    const heard = "the agent heard in both calls";
    if (warmMs === undefined || coldMs === undefined) return judgementOf(false, heard, "it was not heard");
    const saved = `${warmMs} ms after start instead of ${coldMs} ms: ${coldMs - warmMs} ms saved, with a model ${lagMs} ms away`;
    return judgementOf(true, heard, saved, coldMs - warmMs);
  },
};

/** From `start` to the agent's own first sound: what is played to bridge a wait is not that. */
function greetedAfterMs({ call, replies }: CallEvidence, startMs: number): number | undefined {
  const [stream] = call.streams;
  const [greeting] = replies;
  if (stream?.openedAtMs === undefined || greeting === undefined) return undefined;
  const begins = stream.heard?.pieces.find(({ bytes }) => bytes.length > 0 && bytes.every((code, at) => code === greeting[at]));
  return begins === undefined ? undefined : Math.round(begins.atMs - stream.openedAtMs - startMs);
}
