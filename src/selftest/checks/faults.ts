// What a server owes to its caller when something breaks: to fix it, or to say so in words. Judged by what the caller heard, not by what the server did.
// Follows https://www.twilio.com/docs/voice/twiml/connect#action and https://developers.openai.com/api/docs/guides/error-codes

import { joinBytes } from "../../protocol/bytes.ts";
import { allHold, type Check, type Verdict, verdictOf } from "./check.ts";
import { applicationError, type CallEvidence, tellStream, wordsHeard } from "./evidence.ts";

/** People hang up on some eight seconds of silence; six is what a caller may be asked to bear. */
const PATIENCE_MS = 6_000;
/** What a busy machine adds to it, on which forty calls are played at once. */
const SLACK_MS = 4_500;

/** As it is judged, in words. */
const BOUND = `${PATIENCE_MS} ms, and ${SLACK_MS} where the machine is busy`;

const nextSource = "https://www.twilio.com/docs/voice/twiml/connect#action";
const codesSource = "https://developers.openai.com/api/docs/guides/error-codes";
const sessionSource = "https://developers.openai.com/api/docs/guides/realtime-conversations";

/** A fault's name and what is required; the rest is the same for all. */
interface Plan {
  readonly id: string;
  readonly title: string;
  readonly requirement: string;
  readonly source: string;
}

/** Cannot be mended: the caller is told, and the call is ended. */
function told(plan: Plan): Check<CallEvidence> {
  return {
    ...plan,
    judge(evidence) {
      const { call } = evidence;
      const words = wordsHeard(evidence);
      const error = applicationError(evidence);
      const wordsAtMs = call.line.find(({ kind }) => kind === "words")?.atMs;
      const ms = Math.round((wordsAtMs ?? Number.NaN) - (call.answeredAtMs ?? call.placedAtMs));
      const verdict = allHold(
        `a sentence within ${BOUND}, then the end`,
        `"${words.join(" ")}" after ${ms} ms`,
        [error === undefined, error ?? ""],
        [words.length === 1, `${words.length} sentences; ${tellStream(call.streams[0])}`],
        [ms <= PATIENCE_MS + SLACK_MS, `the sentence came after ${ms} ms`],
        [call.end?.by === "server", `ended by ${call.end?.by ?? "nobody"}`],
      );
      return Number.isNaN(ms) ? verdict : { ...verdict, ms };
    },
  };
}

/** A call in which something breaks and is mended; `reply` is what must be heard whole all the same. */
export type MendedEvidence = CallEvidence & { readonly reply: Uint8Array };

/** Can be mended: the caller hears what was due, and no words about it. */
function mended(plan: Plan): Check<MendedEvidence> {
  return {
    ...plan,
    judge(evidence) {
      const { call, sessions, reply } = evidence;
      const words = wordsHeard(evidence);
      const error = applicationError(evidence);
      const ms = heardWholeAfterMs(evidence);
      const verdict = allHold(
        `the agent within ${BOUND}, whole, and no words about it`,
        `the agent after ${ms} ms, ${sessions.length} model sessions`,
        [error === undefined, error ?? ""],
        [words.length === 0, `"${words.join(" ")}"`],
        [ms !== undefined, `not heard whole: ${reply.length / 8} ms were due, ${tellStream(call.streams.at(-1))}`],
        [(ms ?? 0) <= PATIENCE_MS + SLACK_MS, `the agent came after ${ms} ms`],
        [call.end?.by === "caller", `ended by ${call.end?.by ?? "nobody"}`],
      );
      return ms === undefined ? verdict : { ...verdict, ms };
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
export const modelKeyTold: Check<CallEvidence> = told({
  id: "fault.model-key",
  title: "a key that the model refuses is told in words, at once",
  requirement: "An invalid_api_key after the 101 is final: it is not tried again, and the caller hears a sentence.",
  source: codesSource,
});

/** No money left. */
export const quotaTold: Check<CallEvidence> = told({
  id: "fault.model-quota",
  title: "an account without quota is told in words",
  requirement:
    "A session opens fine without quota, and its first response.done says failed, insufficient_quota: the caller hears a sentence, not silence.",
  source: codesSource,
});

/** A stream in a format of its own. */
export const formatTold: Check<CallEvidence> = told({
  id: "fault.stream-format",
  title: "a stream in a format that nobody knows is refused with words",
  requirement: "start.mediaFormat is data: audio that cannot be read is not passed on as noise, and the caller hears a sentence.",
  source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages#start-message",
});

/** A mistake of the server's own. */
export const throwTold: Check<CallEvidence> = told({
  id: "fault.server-throws",
  title: "a fault of the server's own ends that one call with words",
  requirement: "What is thrown while a call is served ends this call with a sentence, and no other.",
  source: nextSource,
});

export const busyMended: Check<MendedEvidence> = mended({
  id: "fault.model-busy",
  title: "a model that answers HTTP 500 is dialled again, unheard",
  requirement: "HTTP 5xx on the handshake passes: the model is dialled again, within the caller's patience.",
  source: codesSource,
});

/** A connection that breaks. */
export const lostMended: Check<MendedEvidence> = mended({
  id: "fault.model-lost",
  title: "a model's connection that breaks in mid-call is dialled again",
  requirement: "When the connection breaks, a new session is told of the conversation so far, and answers what is said next.",
  source: sessionSource,
});

/** A session that ends. */
export const expiredMended: Check<MendedEvidence> = mended({
  id: "fault.model-expired",
  title: "a session that expires is replaced",
  requirement: "session_expired and close 1001 while the model speaks are no end of the call.",
  source: sessionSource,
});

/** A model that has nothing to say. */
export const silentMended: Check<MendedEvidence> = mended({
  id: "fault.model-silent",
  title: "a response that begins and never comes is asked for anew",
  requirement: "A response.created that nothing follows is given up within the caller's patience, and had from a new session.",
  source: sessionSource,
});

/** A response that fails. */
export const failedMended: Check<MendedEvidence> = mended({
  id: "fault.response-failed",
  title: "a response that fails is asked for again",
  requirement: "response.done with the status failed, and no final code, is no answer: it is asked for again.",
  source: codesSource,
});

/** Another host's call. */
export const fallbackTaken: Check<MendedEvidence> = mended({
  id: "fault.fallback",
  title: "Twilio's fallback is answered",
  requirement:
    "When another host's answer could not be had, Twilio asks the fallback URL, with ErrorCode and ErrorUrl, and the caller is served there.",
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
export const prewarmSaves: Check<PrewarmEvidence> = {
  id: "prewarm.saves",
  title: "the milliseconds that dialling the model at the webhook saves",
  requirement:
    "None: how much there is to save depends on the way to the model, and on how soon Twilio opens the stream. Measured, and told.",
  source: "https://developers.openai.com/api/docs/guides/realtime-websocket",
  judge({ warm, cold, lagMs, startMs }): Verdict {
    const [warmMs, coldMs] = [warm, cold].map((evidence) => greetedAfterMs(evidence, startMs));
    const heard = "the agent heard in both calls";
    if (warmMs === undefined || coldMs === undefined) return verdictOf(false, heard, "it was not heard");
    const saved = `${warmMs} ms after start instead of ${coldMs} ms: ${coldMs - warmMs} ms saved, with a model ${lagMs} ms away`;
    return verdictOf(true, heard, saved, coldMs - warmMs);
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
