// What the doctor's caller does in each call once the stream is open: listens, speaks, interrupts the reply, presses a
// key, sends messages that Twilio may send one day, and hangs up. Each action is recorded with its time. Judged in
// doctor/checks/.

import { encodeMulaw } from "../../audio/g711.ts";
import { renderTones } from "../../audio/tone.ts";
import { concatBytes } from "../../protocol/bytes.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import { audibleSpans, type Span } from "../../simulators/twilio/heard-audio.ts";
import { bufferedMs } from "../../simulators/twilio/playback.ts";
import { callerHeard } from "../../simulators/twilio/stream-caller.ts";
import type { TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { CallerAction, DoctorCall } from "../evidence/evidence.ts";
import { callersInterruption } from "./callers-speech.ts";
import type { PlacedCall } from "./place-doctor-call.ts";

/** Until the stream is open: 15 s for each of two documents, and 10 s for the handshake. */
const OPEN_MS = 40_000;
/**
 * No audio is sent this long after `start`, so that a server that closes on `start` is not blamed for closing on media.
 */
const FIRST_MEDIA_MS = 400;
/** The greeting must start within this time; otherwise the caller speaks first. */
const GREETING_MS = 6_000;
/** A longer greeting is interrupted. */
const LONGEST_GREETING_MS = 12_000;
/** Silence that ends an utterance. */
const PAUSE_MS = 800;
/** How long the caller waits for a reply. */
const REPLY_MS = 10_000;
/** The same where an answer may have come before, and while two calls are up. */
const LATER_REPLY_MS = 5_000;
/** How much of the first reply is heard before it is interrupted, and of later ones: some are short. */
const HEARD_FIRST_MS = 700;
const HEARD_LATER_MS = 400;
/** A pause between words. */
const WORD_GAP_MS = 300;
/** How long the caller waits for the agent to stop. */
const STOP_MS = 4_000;
/** How long a server may take to answer a ping. */
const PONG_MS = 3_000;
/** How long a server may take to fail on a message. */
const PROBE_MS = 500;
/** Replies that the first call gets before the second starts: a trend is read from three. */
const ALONE_REPLIES = 3;
/** How long two calls stay up together after each has said its tone: audio for the wrong one arrives by then. */
const TOGETHER_MS = 1_500;
/** How much longer than an ended first stream the second stays open: a limit would end it at the same age. */
const OLDER_MS = 2_000;
const MAX_OLDER_MS = 60_000;
/** Limit of what follows a stream: the 15 s of one document, and a little of what it says. */
const REST_MS = 18_000;
/** Limit of the first call's wait for the second. */
const OTHER_CALL_MS = 45_000;
const TONE_MS = 600;
const TONE_DBFS = -12;

/**
 * The tones that the callers of two simultaneous calls say. Neither is a harmonic of the other or of a common signal
 * tone.
 */
const TONES_HZ = [1_030, 1_390] as const;

/**
 * How far two simultaneous calls have come. They take turns, because only a caller who is silent can notice that an
 * answer is for the other.
 */
export interface TwoCalls {
  first: "silent" | "answered" | "over";
  second: "starting" | "listening" | "answered" | "over";
  /** How old the first stream was when the server or the network ended it. */
  firstEndedAfterMs?: number;
}

/**
 * Plays the first call, by which the server is judged, and hangs up. `startSecond` starts the second call while this
 * conversation goes on; undefined: there is no second call.
 */
export async function playFirstCall(call: PlacedCall, startSecond?: (two: TwoCalls) => void): Promise<DoctorCall> {
  let toneHz: number | undefined;
  if (await openStream(call)) {
    call.progress(`the stream is open: listening and talking for ${Math.round(call.conversationMs / 1_000)} s`);
    await hearGreeting(call);
    await converse(call, startSecond !== undefined);
    await pingIfSilent(call);
    await sendUnusual(call);
    if (startSecond !== undefined && isOpen(call)) {
      [toneHz] = TONES_HZ;
      await playTogether(call, startSecond);
    }
  }
  return hangUp(call, toneHz);
}

/** Plays the second of two simultaneous calls: says its tone after the first has said its own, and hangs up with it. */
export async function playSecondCall(call: PlacedCall, two: TwoCalls): Promise<DoctorCall> {
  if (await openStream(call)) {
    await waitFor(call, GREETING_MS, () => lastLoudMs(call) !== undefined);
    await waitFor(call, LONGEST_GREETING_MS, () => isQuiet(call));
    two.second = "listening";
    await waitFor(call, OTHER_CALL_MS, () => two.first !== "silent");
    await say(call, "tone", concatBytes(tone(TONES_HZ[1]), callersInterruption()));
    await hears(call, LATER_REPLY_MS);
    two.second = "answered";
    await waitFor(call, OTHER_CALL_MS, () => two.first === "over");
    if (two.firstEndedAfterMs !== undefined) await outlast(call, two.firstEndedAfterMs);
  }
  two.second = "over";
  return hangUp(call, TONES_HZ[1]);
}

/** Stays until this stream is older than the first was. */
async function outlast(call: PlacedCall, ms: number): Promise<void> {
  await wait(call, Math.min(MAX_OLDER_MS, Math.max(0, ms + OLDER_MS - ageMs(call))));
}

/** Plays a call after the first two, only to measure how long it takes until something is heard. */
export async function playShortCall(call: PlacedCall): Promise<DoctorCall> {
  if (await openStream(call)) await waitFor(call, GREETING_MS, () => lastLoudMs(call) !== undefined);
  return hangUp(call);
}

/** Waits for the 101 or the call's end, then holds back the first audio frames. */
async function openStream(call: PlacedCall): Promise<boolean> {
  const isUp = ({ stream, end }: TelephoneCall): boolean => stream?.phase === "open" || end !== undefined;
  await call.line.until("a stream", isUp, OPEN_MS).catch(() => undefined);
  if (!isOpen(call)) return false;
  record(call, "opened");
  call.line.command({ type: "mute", ms: FIRST_MEDIA_MS });
  await wait(call, FIRST_MEDIA_MS);
  return isOpen(call);
}

/** Listens until the greeting is over; interrupts a very long one. */
async function hearGreeting(call: PlacedCall): Promise<void> {
  if (!(await waitFor(call, GREETING_MS, () => lastLoudMs(call) !== undefined))) return;
  const ends = await waitFor(call, LONGEST_GREETING_MS, () => isQuiet(call));
  if (!ends && isOpen(call)) await interrupt(call);
}

/**
 * Speaks and listens to the reply, speaks over that and listens to the next, for as long as a conversation takes: the
 * delay of one reply says little. Then listens on, because some streams are cut after a while.
 */
async function converse(call: PlacedCall, isSecondWaiting: boolean): Promise<void> {
  if (!isOpen(call)) return;
  await say(call, "spoke", call.speech);
  const spokenMs = call.clock.nowMs();
  // Audio that began while the caller spoke is an echo or a late greeting. It is not interrupted.
  const isOverlapped = lastLoudMs(call, spokenMs - PAUSE_MS) !== undefined;
  if (isOverlapped) await waitFor(call, LONGEST_GREETING_MS, () => isQuiet(call));
  let isAnswered = await hears(call, isOverlapped ? LATER_REPLY_MS : Math.max(REPLY_MS, call.conversationMs / 2));
  record(call, "listened");
  for (let turn = 1; isAnswered && isOpen(call) && (turn === 1 || remainingMs(call) > 0); turn++) {
    await wait(call, turn === 1 ? HEARD_FIRST_MS : HEARD_LATER_MS);
    // The rest of the conversation, and of this reply, is heard while the second call starts.
    if (isSecondWaiting && turn >= ALONE_REPLIES && ageMs(call) >= call.aloneMs) return;
    if (isTalking(call)) await interrupt(call);
    else await say(call, "spoke", callersInterruption());
    isAnswered = await hears(call, REPLY_MS);
  }
  if (isAnswered) await waitFor(call, STOP_MS, () => isQuiet(call));
  await wait(call, remainingMs(call));
}

/** What is left of the conversation. */
function remainingMs(call: PlacedCall): number {
  return Math.max(0, call.conversationMs - ageMs(call));
}

/** How long the stream has been open, or was. */
function ageMs({ actions, clock, line }: PlacedCall): number {
  const nowMs = line.call.streams.at(-1)?.end?.atMs ?? clock.nowMs();
  return nowMs - (actions.find(({ name }) => name === "opened")?.atMs ?? nowMs);
}

/** Waits for something to be heard from now on. */
function hears(call: PlacedCall, ms: number): Promise<boolean> {
  const fromMs = call.clock.nowMs();
  return waitFor(call, ms, () => lastLoudMs(call, fromMs) !== undefined);
}

/** Audio is playing, or waits to be played. */
function isTalking(call: PlacedCall): boolean {
  const { stream } = call.line.call;
  const nowMs = call.clock.nowMs();
  return (stream !== undefined && bufferedMs(stream.caller.playback, nowMs) > 0) || lastLoudMs(call, nowMs - WORD_GAP_MS) !== undefined;
}

async function interrupt(call: PlacedCall): Promise<void> {
  await say(call, "interrupted", callersInterruption());
  await waitFor(call, STOP_MS - callersInterruption().length / PCMU_BYTES_PER_MS, () => isQuiet(call));
}

/**
 * Sends a key press, an unknown field and an unknown event, one after the other, so that it shows which one the server
 * fails on.
 */
async function sendUnusual(call: PlacedCall): Promise<void> {
  const send = async (
    name: CallerAction["name"],
    text: (order: { sequenceNumber: string; streamSid: string }) => object,
  ): Promise<void> => {
    const caller = call.line.call.stream?.caller;
    if (caller === undefined || !isOpen(call)) return;
    record(call, name);
    const order = { sequenceNumber: `${caller.sequence + 1}`, streamSid: caller.options.streamSid };
    call.line.command({ type: "sendText", text: JSON.stringify(text(order)) });
    await wait(call, PROBE_MS);
  };
  if (!isOpen(call)) return;
  record(call, "pressed");
  call.line.command({ type: "press", digit: "5" });
  await wait(call, PROBE_MS);
  const payload = new Uint8Array(160).fill(0xff).toBase64();
  const chunk = `${(call.line.call.stream?.caller.counts.framesSent ?? 0) + 1}`;
  const media = { track: "inbound", chunk, timestamp: `${20 * Number(chunk)}`, payload, level: "-90" };
  await send("sent.unknown-field", (order) => ({ event: "media", ...order, media, region: "us1" }));
  await send("sent.unknown-event", (order) => ({ event: "quality", ...order, quality: { mos: "4.1" } }));
}

/** The first call's part while the second is up: says its tone once the second has heard its greeting. */
async function playTogether(call: PlacedCall, startSecond: (two: TwoCalls) => void): Promise<void> {
  record(call, "together");
  call.progress("a second caller joins: about 10 s more");
  const two: TwoCalls = { first: "silent", second: "starting" };
  startSecond(two);
  try {
    await waitFor(call, OTHER_CALL_MS, () => two.second !== "starting");
    await waitFor(call, LONGEST_GREETING_MS, () => isQuiet(call));
    await say(call, "tone", concatBytes(tone(TONES_HZ[0]), callersInterruption()));
    await hears(call, LATER_REPLY_MS);
    two.first = "answered";
    await waitFor(call, OTHER_CALL_MS, () => two.second === "answered" || two.second === "over");
    await wait(call, TOGETHER_MS);
  } finally {
    if (!isOpen(call)) two.firstEndedAfterMs = ageMs(call);
    two.first = "over";
  }
}

function tone(hz: number): Uint8Array {
  return encodeMulaw(renderTones([{ hz, dbfs: TONE_DBFS }], 0, TONE_MS * PCMU_BYTES_PER_MS));
}

/** Pings a server that was silent for the whole call: one whose loop is blocked does not answer. */
async function pingIfSilent(call: PlacedCall): Promise<void> {
  if (!isOpen(call) || lastLoudMs(call) !== undefined) return;
  record(call, "pinged");
  call.line.command({ type: "ping" });
  await waitFor(call, PONG_MS, () => (call.line.call.streams.at(-1)?.pongs ?? 0) > 0);
}

/** A caller whose stream the server has ended hears what follows before hanging up. */
async function hangUp(call: PlacedCall, toneHz?: number): Promise<DoctorCall> {
  if (isOpen(call)) record(call, "hung-up");
  else if (call.line.call.streams.length > 0) await hearRest(call);
  call.line.command({ type: "hangUp", requestsAction: true });
  return call.end(toneHz);
}

/** Waits for the answer of `<Connect action>` and for the verbs after the stream; listens to a second stream. */
async function hearRest(call: PlacedCall): Promise<void> {
  const isOver = ({ stream, end }: TelephoneCall): boolean => stream?.phase === "open" || end !== undefined;
  await call.line.until("what follows the stream", isOver, REST_MS).catch(() => undefined);
  await waitFor(call, GREETING_MS, () => lastLoudMs(call) !== undefined);
}

/** Speaks, and waits until it is said. */
async function say(call: PlacedCall, name: CallerAction["name"], speech: Uint8Array): Promise<void> {
  if (!isOpen(call)) return;
  const atMs = call.clock.nowMs();
  call.actions.push({ name, atMs, untilMs: atMs + lastWordMs(speech) });
  call.line.command({ type: "say", speech });
  await wait(call, speech.length / PCMU_BYTES_PER_MS);
}

/** Where the last word ends: a recording may end in silence. */
function lastWordMs(speech: Uint8Array): number {
  const heard = { keepMs: 0, totalMs: 0, pieces: [{ atMs: 0, bytes: speech }] };
  return audibleSpans(heard).at(-1)?.untilMs ?? speech.length / PCMU_BYTES_PER_MS;
}

function record(call: PlacedCall, name: CallerAction["name"]): void {
  call.actions.push({ name, atMs: call.clock.nowMs() });
}

function isOpen({ line }: PlacedCall): boolean {
  return line.call.stream?.phase === "open";
}

/**
 * Waits until the condition holds, the stream ends or the time is up; resolves with whether it holds. Checks 50 times a
 * second, at each frame.
 */
async function waitFor(call: PlacedCall, ms: number, holds: () => boolean): Promise<boolean> {
  if (!isOpen(call)) return false;
  // Not for each message that arrives: a server may send thousands between two frames.
  let judgedFrame = -1;
  let held = false;
  const isOver = ({ stream }: TelephoneCall): boolean => {
    if (stream?.phase !== "open") return true;
    if (stream.caller.frame !== judgedFrame) held = holds();
    judgedFrame = stream.caller.frame;
    return held;
  };
  await call.line.until("what the doctor's caller waits for", isOver, ms).catch(() => undefined);
  return isOpen(call) && holds();
}

async function wait(call: PlacedCall, ms: number): Promise<void> {
  await waitFor(call, ms, () => false);
}

/** When something could last be heard, if that was after `sinceMs`. */
function lastLoudMs(call: PlacedCall, sinceMs = Number.NEGATIVE_INFINITY): number | undefined {
  const last = recentSpans(call).at(-1)?.untilMs;
  return last !== undefined && last > sinceMs ? last : undefined;
}

function isQuiet(call: PlacedCall): boolean {
  return call.clock.nowMs() - (lastLoudMs(call) ?? 0) >= PAUSE_MS;
}

/** Limited to the last minute, because it runs 50 times a second. */
function recentSpans({ line, clock }: PlacedCall): readonly Span[] {
  const { stream } = line.call;
  if (stream === undefined) return [];
  const heard = callerHeard(stream.caller, clock.nowMs());
  return audibleSpans({ ...heard, pieces: heard.pieces.filter(({ atMs }) => atMs >= clock.nowMs() - 60_000) });
}
