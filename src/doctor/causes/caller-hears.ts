// What the caller heard in the call that was played, in words: `<Say>` and `<Play>` before the stream, the stream's
// silence, greeting and replies, what follows `<Connect>`, and how the call ended. Follows "a caller hears". Pure.

import type { LineEvent, TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { DoctorCall, Evidence } from "../evidence/evidence.ts";
import { echoDelayMs, turnsOf } from "../evidence/replies.ts";
import { actionOf, audibleMs, type StreamFacts, seconds, streamFacts } from "../evidence/stream-facts.ts";
import { CAUSES, type CauseCode } from "./causes.ts";

/** Shorter silences are part of any call. */
const MIN_SILENCE_MS = 1_000;
/** A shorter silence before the first sound is not listed. */
const MIN_WAIT_MS = 3_000;
/** After a silence this long the caller asks whether anyone is there. */
const LEFT_ALONE_MS = 6_000;
/** Characters quoted of a `<Say>`. */
const QUOTE_CHARS = 80;
/** The most parts listed of one call. */
const MAX_PARTS = 6;

const LINE_DROPS = "the line drops";

/** Causes whose words say how the answers come. */
const slowAnswers: readonly CauseCode[] = ["reply-late", "reply-queued", "reply-lag-grows"];
/** Stages whose faults the played call shows only when no stream opened. */
const beforeStream: readonly string[] = ["webhook", "twiml", "url", "handshake"];
/** Faults of another call, or of a moment that the played call does not have: the cause's own words are better. */
const elsewhere = /^(?:concurrency-|interrupt-|process-died|works-once|needs-token|twilio-|number-|webhook-method|stream-open-after-stop)/;

/**
 * What the caller heard, where the played call shows it; undefined: the words of `cause` are better. The call of a
 * server that was asleep is the one that failed.
 */
export function callerHears({ calls, failedBefore = [] }: Evidence, cause: CauseCode): string | undefined {
  const call = cause.endsWith("cold-start") ? (failedBefore[0] ?? calls[0]) : calls[0];
  if (call === undefined || elsewhere.test(cause)) return undefined;
  const stream = streamFacts(call);
  if (stream !== undefined && beforeStream.includes(CAUSES[cause].stage) && !cause.endsWith("cold-start")) return undefined;
  const voice = stream !== undefined && CAUSES[cause].stage === "media" && stream.spans.length > 0 ? CAUSES[cause].callerHears : undefined;
  const answer = slowAnswers.includes(cause) ? CAUSES[cause].callerHears : "an answer";
  return describeCall(call, stream, voice, answer);
}

/** `voice`: how the agent's voice sounds, if that is not as it should be. `answer`: what follows the caller's words. */
function describeCall(
  { call, frames }: DoctorCall,
  stream: StreamFacts | undefined,
  voice: string | undefined,
  answer: string,
): string | undefined {
  const streamAtMs = call.streams[0]?.dialledAtMs ?? Number.POSITIVE_INFINITY;
  const prompts = call.line.flatMap((event) => promptOf(event));
  const before = prompts.filter(({ atMs }) => atMs <= streamAtMs).map(({ text }) => text);
  const after = prompts.filter(({ atMs }) => atMs > streamAtMs).map(({ text }) => text);
  const during =
    call.streams.length === 0
      ? []
      : stream === undefined
        ? [failedDial(call)]
        : describeStream(stream, voice ?? (echoDelayMs(frames, stream) === undefined ? undefined : "their own voice"), answer);
  const heard = [...before, ...during, ...after];
  const end = ending(call, prompts.at(-1)?.text);
  const isDropped = heard.length === 0 && end[0] === LINE_DROPS;
  const parts = isDropped ? [silence(0), LINE_DROPS] : [...heard, ...end];
  if (parts.length === 0) return undefined;
  const cut = parts.length > MAX_PARTS ? [...parts.slice(0, MAX_PARTS - 1), "more", parts.at(-1) as string] : parts;
  return cut.join(", then ");
}

/** Without an end: nobody takes callers out of the queue of a trial. */
const QUEUE = "hold music in a queue";
/** What verbs sound like that the telephone does not play: https://www.twilio.com/docs/voice/twiml */
const heardVerbs: Readonly<Record<string, string>> = {
  Enqueue: QUEUE,
  Record: "a beep, while they are recorded",
  Pay: "questions about a card",
};

function promptOf(event: LineEvent): readonly { readonly atMs: number; readonly text: string }[] {
  const { atMs } = event;
  switch (event.kind) {
    case "say":
      return [{ atMs, text: quote(event.text) }];
    case "applicationError":
      return [{ atMs, text: quote(event.text) }];
    case "play":
      return [{ atMs, text: event.what.startsWith("digits ") ? "tones" : `the recording ${event.what}` }];
    case "dial":
      return [{ atMs, text: `a call to ${event.target}, which the doctor does not place` }];
    case "verb": {
      const text = heardVerbs[event.name.split(" ")[0] ?? ""];
      return text === undefined ? [] : [{ atMs, text }];
    }
    default:
      return [];
  }
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return `"${line.length > QUOTE_CHARS ? `${line.slice(0, QUOTE_CHARS)}...` : line}"`;
}

function silence(ms: number): string {
  return ms < MIN_SILENCE_MS ? "a moment of silence" : `${seconds(ms)} of silence`;
}

function failedDial({ streams: [first] }: TelephoneCall): string {
  return silence((first?.end?.atMs ?? first?.dialledAtMs ?? 0) - (first?.dialledAtMs ?? 0));
}

/** The stream's parts, in order. */
function describeStream(stream: StreamFacts, voice: string | undefined, answer: string): readonly string[] {
  const { spans, openedAtMs, endAtMs } = stream;
  const [first] = spans;
  if (first === undefined) return [silence((stream.hungUpAtMs ?? endAtMs) - openedAtMs)];
  const spoke = actionOf(stream, "spoke");
  const wait = silenceBefore(first.fromMs, stream);
  if (voice !== undefined) return [...wait, voice];
  const isGreeting = spoke === undefined || first.fromMs < spoke.atMs;
  const greeting = isGreeting ? ["a greeting"] : [];
  const isAnswered = spoke !== undefined && audibleMs(stream, { fromMs: spoke.untilMs ?? spoke.atMs, untilMs: endAtMs }) > 0;
  const answers = spoke === undefined ? [] : isAnswered ? [wait.length > 1 ? "an answer" : answer] : ["silence"];
  const isLeftAlone = isAnswered && (turnsOf(stream).at(-1)?.silentMs ?? 0) >= LEFT_ALONE_MS;
  return [...wait, ...greeting, ...answers, ...(isLeftAlone ? ["silence"] : [])];
}

/** The silence before the first sound. A server may let the caller speak first. */
function silenceBefore(firstSoundMs: number, stream: StreamFacts): readonly string[] {
  const spokenMs = actionOf(stream, "spoke")?.untilMs ?? Number.POSITIVE_INFINITY;
  const isAfterwards = firstSoundMs >= spokenMs;
  const waitMs = firstSoundMs - (isAfterwards ? spokenMs : stream.openedAtMs);
  const wait = waitMs >= MIN_WAIT_MS ? [silence(waitMs)] : [];
  return isAfterwards ? ["silence until the caller has spoken", ...wait] : wait;
}

/** How the call ends: unheard after a goodbye. */
function ending({ end, phase }: TelephoneCall, lastPrompt: string | undefined): readonly string[] {
  if (end === undefined) return phase.type === "over" ? [] : ["nothing more"];
  if (end.cause === "reject") return ["a busy signal"];
  if (lastPrompt === QUEUE) return [];
  if (end.by === "caller" || end.cause === "applicationError") return [];
  return [lastPrompt === undefined ? LINE_DROPS : "the call ends"];
}
