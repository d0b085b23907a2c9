// The turns of a call: what the caller said, and when the answer to it was heard and sent. Separates late
// greetings and echoes from answers, because neither has a latency. Pure.

import { decodeMulaw } from "../../audio/g711.ts";
import { levelDbfs, SILENCE_DBFS } from "../../audio/level.ts";
import { isObject, parseJson } from "../../protocol/fields.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import { renderHeard } from "../../simulators/twilio/heard-audio.ts";
import type { CallerAction, StreamFrame } from "./evidence.ts";
import { audibleBlocks, BLOCK_MS, type HeardBlock } from "./heard-blocks.ts";
import type { StreamFacts } from "./stream-facts.ts";

/** What the caller said, and the answer. Undefined: none, or it cannot be separated from what was playing before. */
export interface Turn {
  readonly saidFromMs: number;
  readonly saidUntilMs: number;
  /** From the caller's last word to the first sound of the answer. */
  readonly delayMs: number | undefined;
  /** From the caller's last word to the message that brought it. */
  readonly sentMs: number | undefined;
  /** The wait for an answer that did not come: nothing was heard until the caller spoke again, or the call ended. */
  readonly silentMs?: number;
}

/** Audible blocks closer than this belong together: pauses between words. */
const JOIN_MS = 300;
/** An answer may seem to begin a frame before the caller's last word ends. */
const EARLY_MS = 20;

type Said = CallerAction & { readonly untilMs: number };

/** Everything that the caller said to the agent, in order; not the tones of concurrent calls. */
export function turnsOf(stream: StreamFacts): readonly Turn[] {
  const blocks = audibleBlocks(stream);
  const said = stream.actions.filter((action): action is Said => isSpeech(action) && action.untilMs !== undefined);
  return said.map((one, index) => turnOf(one, said[index + 1]?.atMs ?? endOfTurns(stream), blocks, stream));
}

function isSpeech({ name }: CallerAction): boolean {
  return name === "spoke" || name === "interrupted";
}

/** A second call changes what is heard. */
function endOfTurns({ actions, hungUpAtMs, endAtMs }: StreamFacts): number {
  return actions.find(({ name }) => name === "together")?.atMs ?? hungUpAtMs ?? endAtMs;
}

function turnOf({ atMs, untilMs }: Said, nextMs: number, blocks: readonly HeardBlock[], stream: StreamFacts): Turn {
  const said = { saidFromMs: atMs, saidUntilMs: untilMs };
  const none: Turn = { ...said, delayMs: undefined, sentMs: undefined };
  const cleared = stream.fromServer.find((frame) => frame.message?.type === "clear" && frame.atMs >= atMs && frame.atMs < nextMs);
  const freshFromMs = cleared?.atMs ?? atMs;
  const inTurn = blocks.filter(({ fromMs }) => fromMs >= atMs && fromMs < nextMs);
  const after = inTurn.filter(({ fromMs }) => fromMs >= untilMs - EARLY_MS);
  const [first] = after;
  const lastBefore = inTurn.findLast(({ fromMs }) => fromMs < untilMs - EARLY_MS);
  if (first === undefined) return { ...none, silentMs: nextMs - untilMs };
  // Sound that goes on through the caller's last word, or was sent before it, is not an answer to it.
  const goesOn = lastBefore !== undefined && first.fromMs - lastBefore.untilMs < JOIN_MS;
  if (goesOn || first.arrivedMs < freshFromMs) return none;
  return { ...said, delayMs: first.fromMs - untilMs, sentMs: first.arrivedMs - untilMs };
}

/** A first word after this time is late, if the caller did not have to speak first. */
const LATE_GREETING_MS = 6_000;
/** An answer to the caller comes within this time, if the server is quick in later turns. */
const PROMPT_MS = 2_500;

/**
 * Milliseconds from the open stream to a greeting that comes too late. Undefined: it was in time, or the first
 * sound is an answer to what the caller said. A server is known by its later turns: one that answers those at once
 * was not slow to answer the first, but late to greet.
 */
export function lateGreetingMs(stream: StreamFacts): number | undefined {
  const [first] = stream.spans;
  if (first === undefined || first.fromMs - stream.openedAtMs <= LATE_GREETING_MS) return undefined;
  const turns = turnsOf(stream);
  const spokenBefore = turns.filter(({ saidUntilMs }) => saidUntilMs <= first.fromMs + EARLY_MS);
  const isPrompted = turns.some(({ saidFromMs }) => saidFromMs <= first.fromMs);
  if (!isPrompted) return first.fromMs - stream.openedAtMs;
  // Sound that begins while the caller speaks for the first time may be an echo.
  const delayMs = first.fromMs - (spokenBefore.at(-1)?.saidUntilMs ?? first.fromMs);
  const isQuickLater = turns.slice(spokenBefore.length).some(({ delayMs: later }) => later !== undefined && later <= PROMPT_MS);
  return delayMs > PROMPT_MS && isQuickLater ? first.fromMs - stream.openedAtMs : undefined;
}

/** How far an echo may lag behind the voice. */
const MAX_ECHO_MS = 4_000;
/** Two utterances of one length have levels that correlate by at most 0.7; an echo's correlate by more than 0.95. */
const ECHO_CORRELATION = 0.9;
/** Shorter speech cannot be recognised by its levels. */
const MIN_ECHO_BLOCKS = 40;
/** Different levels, in whole dB, that speech has: a tone has two, so every tone would be its echo. */
const MIN_LEVELS = 8;
/** Quieter blocks count as this quiet. */
const FLOOR_DBFS = -50;

/** Milliseconds by which the server sends the caller's own voice back; undefined: it does not. */
export function echoDelayMs(frames: readonly StreamFrame[], stream: StreamFacts): number | undefined {
  const spoke = stream.actions.find(({ name }) => name === "spoke");
  if (spoke?.untilMs === undefined) return undefined;
  const { atMs, untilMs } = spoke;
  const voice = callerLevels(frames, atMs, untilMs);
  const heard = levelsOf(renderHeard(stream.heard, { fromMs: atMs, untilMs: untilMs + MAX_ECHO_MS }));
  if (voice.length < MIN_ECHO_BLOCKS || new Set(voice.map(Math.round)).size < MIN_LEVELS) return undefined;
  for (let lag = 0; lag + voice.length <= heard.length; lag++) {
    if (correlation(voice, heard.slice(lag, lag + voice.length)) >= ECHO_CORRELATION) return lag * BLOCK_MS;
  }
  return undefined;
}

/** One level per media message to the server, 20 ms each. */
function callerLevels(frames: readonly StreamFrame[], fromMs: number, untilMs: number): readonly number[] {
  return frames.flatMap((frame) => {
    if (frame.type !== "text" || frame.from !== "twilio" || frame.atMs < fromMs || frame.atMs > untilMs) return [];
    const message = parseJson(frame.text);
    const media = isObject(message) ? message["media"] : undefined;
    return isObject(media) && typeof media["payload"] === "string" ? levelsOf(Uint8Array.fromBase64(media["payload"])) : [];
  });
}

function levelsOf(pcmu: Uint8Array): readonly number[] {
  const size = BLOCK_MS * PCMU_BYTES_PER_MS;
  return Array.from({ length: Math.floor(pcmu.length / size) }, (_, at) => {
    const level = levelDbfs(decodeMulaw(pcmu.subarray(at * size, (at + 1) * size)));
    return Math.max(FLOOR_DBFS, Number.isFinite(level) ? level : SILENCE_DBFS);
  });
}

/** Pearson's; 0 when either does not vary. */
function correlation(one: readonly number[], other: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanOne, meanOther] = [mean(one), mean(other)];
  let [both, ones, others] = [0, 0, 0];
  one.forEach((value, at) => {
    const [a, b] = [value - meanOne, (other[at] ?? meanOther) - meanOther];
    both += a * b;
    ones += a * a;
    others += b * b;
  });
  return ones === 0 || others === 0 ? 0 : both / Math.sqrt(ones * others);
}
