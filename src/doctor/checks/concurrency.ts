// What a server owes to several callers: two at once hear nothing of each other, neither ends the other, and the first need not wait longer than the rest.
// Each of two callers says a tone of its own, and the ear of the other tells whether it went astray; so does a message with the other's streamSid.

import { decodeMulaw } from "../../audio/g711.ts";
import { levelDbfs } from "../../audio/level.ts";
import { toneLevelDbfs } from "../../audio/tone.ts";
import { isObject, parseJson } from "../../protocol/fields.ts";
import { AUDIBLE_DBFS, playedBytes, type Span } from "../../simulators/twilio/heard-audio.ts";
import type { DoctorCall, DoctorCheck, Evidence } from "../evidence/evidence.ts";
import { audibleMs, type StreamFacts, seconds, stepOf, streamFacts, untried } from "../evidence/stream-facts.ts";
import { replyMs } from "./reply.ts";

const source = "https://www.twilio.com/docs/voice/media-streams";

/** Blocks of a frame, 20 ms: frames of two calls may come in turns. Long enough to tell the tones apart. */
const BLOCK_BYTES = 160;
/** A block is a tone when next to nothing else is in it; one that is cut in half by silence measures 3 dB. */
const NOTHING_ELSE_DB = 4;
/** So many blocks of a tone are no accident of speech. */
const LEAST_BLOCKS = 15;
/** What is heard in a call in which nobody has said anything, while another begins. */
const STRAY_MS = 400;
/** How much later than before an answer may come. */
const LATER_MS = 1_500;
/** How much longer the first call may wait than later ones. */
const COLD_MS = 1_500;

interface Pair {
  readonly first: StreamFacts;
  readonly second: StreamFacts | undefined;
  readonly calls: readonly [DoctorCall, DoctorCall];
}

/** The two calls that were up at once; undefined: there were none. */
function pairOf({ calls }: Evidence): Pair | undefined {
  const [one, other] = calls;
  const first = one === undefined ? undefined : streamFacts(one);
  if (one === undefined || other === undefined || first === undefined || stepOf(first, "together") === undefined) return undefined;
  return { first, second: streamFacts(other), calls: [one, other] };
}

const isolated: DoctorCheck = {
  id: "concurrency.isolated",
  stage: "media",
  level: "error",
  requirement: "Of two calls at once neither hears anything of the other.",
  source,
  judge(evidence) {
    const expected = "each caller hears its own call only";
    const pair = pairOf(evidence);
    if (pair?.second === undefined)
      return untried(expected, pair === undefined ? "there were no two calls at once" : "the second call had no stream");
    const { first, second, calls } = pair;
    const strays = [
      ...strayMessages("first", calls[0], second.log.streamSid),
      ...strayMessages("second", calls[1], first.log.streamSid),
      ...strayTone("first", first, calls[1].toneHz),
      ...strayTone("second", second, calls[0].toneHz),
      ...strayGreeting(first, second),
      ...strayReply(first, second),
    ];
    if (strays.length === 0) return { ok: true, expected, actual: "nothing of the other was heard in either" };
    return { ok: false, expected, actual: strays.join("; "), cause: "concurrency-shared-state" };
  },
};

/** Messages that bear the other call's streamSid. */
function strayMessages(which: string, { frames }: DoctorCall, othersSid: string): readonly string[] {
  const count = frames.filter((frame) => {
    if (frame.from !== "server" || frame.type !== "text" || !frame.text.includes(othersSid)) return false;
    const value = parseJson(frame.text);
    return isObject(value) && value["streamSid"] === othersSid;
  }).length;
  return count === 0 ? [] : [`${count} messages in the ${which} call bear the other's streamSid`];
}

/** The other's tone in what was heard. */
function strayTone(which: string, { heard }: StreamFacts, othersHz: number | undefined): readonly string[] {
  if (othersHz === undefined) return [];
  const samples = decodeMulaw(playedBytes(heard));
  let blocks = 0;
  for (let at = 0; at + BLOCK_BYTES <= samples.length; at += BLOCK_BYTES) {
    const block = samples.subarray(at, at + BLOCK_BYTES);
    const all = levelDbfs(block);
    if (all > AUDIBLE_DBFS && all - toneLevelDbfs(block, othersHz) < NOTHING_ELSE_DB) blocks += 1;
  }
  return blocks < LEAST_BLOCKS ? [] : [`the ${which} caller hears ${blocks * 20} ms of the tone of ${othersHz} Hz that the other says`];
}

/** The second call's greeting in the ear of the first, who is silent: the second hears none, though the first was greeted. */
function strayGreeting(first: StreamFacts, second: StreamFacts): readonly string[] {
  const together = stepOf(first, "together");
  const greeted = firstAudioMs(first) !== undefined && firstAudioMs(second) === undefined;
  if (together === undefined || !greeted) return [];
  const untilMs = stepOf(first, "tone")?.atMs ?? first.endAtMs;
  const ms = audibleMs(first, { fromMs: second.openedAtMs, untilMs });
  return ms < STRAY_MS ? [] : [`the first caller hears ${seconds(ms)} of audio when the second calls, who hears nothing`];
}

/** The answer to what the first caller says while the second is silent, in the ear of the second, and not in that of the first, who had one before. */
function strayReply(first: StreamFacts, second: StreamFacts): readonly string[] {
  const [asked, usualMs] = [stepOf(first, "tone")?.untilMs, replyMs(first)];
  if (asked === undefined || typeof usualMs !== "number" || usualMs < 0) return [];
  const begins =
    (fromMs: number) =>
    (span: Span): boolean =>
      span.fromMs >= fromMs && span.fromMs <= asked + usualMs + LATER_MS;
  const isAnswered = first.spans.some((span) => span.untilMs > asked && begins(first.openedAtMs)(span));
  const stray = second.spans.find(begins(asked));
  if (isAnswered || stray === undefined) return [];
  return [`the second caller, who is silent, hears an answer ${seconds(stray.fromMs - asked)} after the first has spoken, who hears none`];
}

const lives: DoctorCheck = {
  id: "concurrency.lives",
  stage: "start",
  level: "error",
  requirement: "A second call at once is taken as the first was, and does not end it.",
  source,
  judge(evidence) {
    const expected = "both calls go on until their callers hang up";
    const pair = pairOf(evidence);
    if (pair === undefined) return untried(expected, "there were no two calls at once");
    const { first, second, calls } = pair;
    const fail = (actual: string) => ({ ok: false, expected, actual, cause: "concurrency-call-fails", twilioCode: 31921 }) as const;
    if (first.hungUpAtMs === undefined) return fail(`the first call ended ${endOf(first)} when the second was up`);
    if (second === undefined) return fail(`the second call had no stream: ${whyNone(calls[1])}`);
    if (second.hungUpAtMs === undefined)
      return fail(`the second call ended ${endOf(second)}, ${seconds(second.endAtMs - second.openedAtMs)} after its start`);
    const greeting = firstAudioMs(first);
    const spoke = stepOf(first, "spoke");
    const greets = greeting !== undefined && (spoke === undefined || first.openedAtMs + greeting < spoke.atMs);
    if (greets && firstAudioMs(second) === undefined) return fail("the second caller hears nothing, where the first was greeted");
    return { ok: true, expected, actual: "both went on" };
  },
};

function endOf({ log }: StreamFacts): string {
  return log.end?.code === undefined ? "" : `with code ${log.end.code}${log.end.reason === "" ? "" : ` "${log.end.reason}"`}`;
}

function whyNone({ call }: DoctorCall): string {
  const problem = call.problems[0];
  return problem === undefined ? "the call ended before" : `${problem.twilioCode}, ${problem.what}`;
}

const cold: DoctorCheck = {
  id: "concurrency.cold-start",
  stage: "reply",
  level: "info",
  requirement: "The first call after a pause need not wait longer than later ones: an instance is kept awake.",
  source: "https://www.twilio.com/docs/usage/security/availability-reliability",
  judge({ calls }) {
    const expected = "the first call waits no longer than the last";
    const last = calls.at(-1);
    const [one] = calls;
    const [before, after] = [one, last].map((call) => (call === undefined ? undefined : waitMs(call)));
    if (calls.length < 2 || before === undefined || after === undefined) return untried(expected, "there were no several calls to compare");
    const actual = `${seconds(before)} from the call to the open stream in the first, ${seconds(after)} in call ${last?.number}`;
    return { ok: before - after < COLD_MS, expected, actual, ms: Math.round(before - after) };
  },
};

/** From placing a call to its open stream. */
function waitMs({ call }: DoctorCall): number | undefined {
  const opened = call.streams.find(({ openedAtMs }) => openedAtMs !== undefined)?.openedAtMs;
  return opened === undefined ? undefined : opened - call.placedAtMs;
}

function firstAudioMs({ spans, openedAtMs }: StreamFacts): number | undefined {
  return spans[0] === undefined ? undefined : spans[0].fromMs - openedAtMs;
}

/** Of several calls. */
export const CONCURRENCY_CHECKS: readonly DoctorCheck[] = [lives, isolated, cold];
