// What the caller heard, and how long they heard nothing. Judged by the signal, not by messages: the simulated model
// greets and answers in tones.

import { decodeMulaw, encodeMulaw } from "../../../src/audio/g711.ts";
import { renderTones, toneLevelDbfs } from "../../../src/audio/tone.ts";
import type { PlayedAudio } from "../../../src/simulators/twilio/playback.ts";
import { endOf } from "../../../src/simulators/twilio/playback.ts";
import type { TelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import type { Sound } from "./moments.ts";

/** Frequencies of what the model says. Neither is a multiple of the other. */
export const TONES_HZ = { greeting: 620, answer: 1_030 } as const;
const LOUD_DBFS = -12;
const CLEAR_DBFS = -25;
/** Pieces of one sound are at most this far apart. */
const JOIN_MS = 250;
/** How long Twilio's `<Say>` takes for each character. */
export const SAY_MS_PER_CHARACTER = 10;

/** A stretch of one sound. `filler`: neither the model nor a message. */
export interface Heard {
  readonly what: Sound | "filler" | "applicationError";
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A tone of `ms` milliseconds, PCMU. */
export function tone(hz: number, ms: number): Uint8Array {
  return encodeMulaw(renderTones([{ hz, dbfs: LOUD_DBFS }], 0, ms * 8));
}

/** A piece cut off by a clear may be a few samples long: too short to tell one tone from the other, or to be heard. */
const SHORTEST_BYTES = 40;

const known = new WeakMap<Uint8Array, Heard["what"]>();

/** What a piece of PCMU sounds like; undefined when it is too short to tell. */
export function soundOf(bytes: Uint8Array): Heard["what"] | undefined {
  if (bytes.length < SHORTEST_BYTES) return undefined;
  const before = known.get(bytes);
  if (before !== undefined) return before;
  const samples = decodeMulaw(bytes.subarray(0, 1_600));
  const [greeting, answer] = [toneLevelDbfs(samples, TONES_HZ.greeting), toneLevelDbfs(samples, TONES_HZ.answer)];
  // In a short piece either tone leaks into the other's level: only the louder one counts.
  const louder = greeting > answer ? "greeting" : "answer";
  const what = Math.max(greeting, answer) > CLEAR_DBFS ? louder : "filler";
  known.set(bytes, what);
  return what;
}

/** Every piece of audio that was played, or is being played, in order. */
function pieces(call: TelephoneCall): readonly PlayedAudio[] {
  const past = call.streams.flatMap(({ heard }) => heard?.pieces ?? []);
  const playback = call.stream?.caller.playback;
  return playback === undefined ? past : [...past, ...playback.heard.pieces, ...playback.queue.slice(0, 1)];
}

/** Whether a sound of this kind has begun after `sinceMs`. */
export function hearsSince(call: TelephoneCall, what: Sound, sinceMs: number): boolean {
  return pieces(call).some((piece) => piece.atMs >= sinceMs && soundOf(piece.bytes) === what);
}

/** Whether nothing is being played. */
export function isQuiet(call: TelephoneCall): boolean {
  return (call.stream?.caller.playback.queue.length ?? 0) === 0;
}

/** Everything the caller heard, by start time. `sentences`: the configured messages by name. */
export function timeline(call: TelephoneCall, sentences: Readonly<Record<string, string>>): readonly Heard[] {
  const heard: Heard[] = [];
  for (const piece of pieces(call)) {
    const what = soundOf(piece.bytes);
    if (what === undefined) continue;
    const last = heard.at(-1);
    if (last?.what === what && piece.atMs - last.untilMs < JOIN_MS) heard[heard.length - 1] = { ...last, untilMs: endOf(piece) };
    else heard.push({ what, fromMs: piece.atMs, untilMs: endOf(piece) });
  }
  const names = new Map(Object.entries(sentences).map(([name, text]) => [text, name as Sound]));
  for (const event of call.line) {
    const { atMs } = event;
    if (event.kind === "say") {
      heard.push({ what: names.get(event.text) ?? "other words", fromMs: atMs, untilMs: atMs + event.text.length * SAY_MS_PER_CHARACTER });
    } else if (event.kind === "dial") {
      // The caller hears the ringing, until Twilio reports how it ended.
      const reported = call.exchanges.find((one) => one.atMs >= atMs && "DialCallStatus" in one.params);
      heard.push({ what: event.kind, fromMs: atMs, untilMs: reported?.atMs ?? call.end?.atMs ?? Number.POSITIVE_INFINITY });
    } else if (event.kind === "applicationError" || event.kind === "play") {
      heard.push({ what: event.kind, fromMs: atMs, untilMs: atMs });
    }
  }
  return heard.sort((one, other) => one.fromMs - other.fromMs);
}

/** The kinds of sound in order, repeats joined, fillers left out. */
export function kindsOf(heard: readonly Heard[]): readonly string[] {
  return heard
    .map(({ what }) => what)
    .filter((what, index, all) => what !== "filler" && what !== all.slice(0, index).findLast((one) => one !== "filler"));
}

/** The longest stretch between two times in which nothing of `heard` sounds and the caller does not speak, ms. */
export function longestSilence(call: TelephoneCall, heard: readonly Heard[], fromMs: number, untilMs: number): number {
  const spoken = call.line.flatMap((event) => (event.kind === "spoke" ? [{ fromMs: event.atMs, untilMs: event.untilMs }] : []));
  const sounding = [...heard, ...spoken].sort((one, other) => one.fromMs - other.fromMs);
  let longest = 0;
  let quietFromMs = fromMs;
  for (const sound of sounding) {
    if (sound.fromMs >= untilMs) break;
    longest = Math.max(longest, sound.fromMs - quietFromMs);
    quietFromMs = Math.max(quietFromMs, sound.untilMs);
  }
  return Math.max(longest, untilMs - quietFromMs);
}
