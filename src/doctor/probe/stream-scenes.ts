// What the doctor's caller does in each call, once the stream is open: listens, speaks, speaks over the reply, presses a key, sends what Twilio may send
// one day, hangs up. Each thing done is noted with its time. What does not come is no error here: peers/checks/doctor-*.ts judge.

import { encodeMulaw } from "../../audio/g711.ts";
import { renderTones } from "../../audio/tone.ts";
import type { Clock } from "../../call/ports.ts";
import { concatBytes } from "../../protocol/bytes.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import type { RunningCall } from "../../simulators/sockets/telephone.ts";
import { callerHeard } from "../../simulators/twilio/caller.ts";
import { audibleSpans, type Span } from "../../simulators/twilio/ears.ts";
import type { TelephoneOptions } from "../../simulators/twilio/telephone/orders.ts";
import type { TelephoneCall } from "../../simulators/twilio/telephone/state.ts";
import type { CallerAction } from "../evidence/evidence.ts";
import { callersInterruption } from "./speech.ts";

/** How long Twilio's requests, a cold start and the handshake may take until a stream is open: two documents' 15 s, and the handshake's 10. */
const OPEN_MS = 40_000;
/** No audio for so long after `start`, as Twilio too leaves frames out: a server that closes on `start` has closed by then, and media is not blamed. */
const FIRST_MEDIA_MS = 400;
/** A server that greets has begun by then; to one that has not, the caller speaks first. */
const GREETING_MS = 6_000;
/** A greeting that is longer is spoken over. */
const LONGEST_GREETING_MS = 12_000;
/** Silence that ends what somebody says. */
const PAUSE_MS = 800;
/** A caller who hears nothing for so long after a question has hung up. */
const REPLY_MS = 10_000;
/** How much of a reply is heard before it is spoken over. */
const HEARD_FIRST_MS = 700;
/** How long the caller listens whether the agent stops. */
const STOP_MS = 4_000;
/** How long a server may take to fall over what it was sent. */
const PROBE_MS = 500;
/** How long two calls are held side by side after each has said its tone. */
const TOGETHER_MS = 3_500;
/** The longest that a caller waits for the other call. */
const OTHER_CALL_MS = 45_000;
const TONE_MS = 1_200;
/** A telephone's loud tone. */
const TONE_DBFS = -12;

/** The frequencies that the first and the second of two calls at once say: neither a harmonic of the other, nor of a usual signal tone. */
export const TOGETHER_HZ = [1_030, 1_390] as const;

/** How the doctor's telephone differs from Twilio's: after `stop` it waits, to see whether the server closes by itself. */
export const DOCTOR_TELEPHONE: Partial<TelephoneOptions> = { stopLingerMs: 2_000 };

/** A call that runs, and the notes of what its caller does. */
export interface DoctorLine {
  readonly line: RunningCall;
  readonly clock: Clock;
  /** Grows. */
  readonly actions: CallerAction[];
  /** What is said, PCMU: callersSpeech unless told. */
  readonly say: Uint8Array;
}

/**
 * Plays the first call, by which the server is judged, and hangs up. `together`, when there are to be several: places the second call, and resolves when
 * that has said its tone, or failed. Never rejects unless that does.
 */
export async function playFirstCall(person: DoctorLine, together?: () => Promise<void>): Promise<void> {
  if (await openStream(person)) {
    await hearGreeting(person);
    await converse(person);
    await probe(person);
    if (together !== undefined && isOpen(person)) await beTogether(person, together);
  }
  hangUp(person);
}

/** Plays the second of two calls at once, and hangs up: says its tone while the first is open, calls `ready`, and stays until the first has said its own. */
export async function playSecondCall(person: DoctorLine, ready: () => void): Promise<void> {
  if (await openStream(person)) {
    await waitFor(person, GREETING_MS, () => lastLoudMs(person) !== undefined);
    await waitFor(person, LONGEST_GREETING_MS, () => isQuiet(person));
    await say(person, "tone", tone(TOGETHER_HZ[1]));
    const spokenMs = person.clock.nowMs();
    // An answer to it is let finish: what is heard while the first speaks is then somebody else's.
    await waitFor(person, TOGETHER_MS, () => lastLoudMs(person, spokenMs) !== undefined);
    await waitFor(person, LONGEST_GREETING_MS, () => isQuiet(person));
    ready();
    await pass(person, TONE_MS + person.say.length / PCMU_BYTES_PER_MS + TOGETHER_MS);
  }
  ready();
  hangUp(person);
}

/** Plays a call after the first two, and hangs up: only how long it takes until something is heard. */
export async function playShortCall(person: DoctorLine): Promise<void> {
  if (await openStream(person)) await waitFor(person, GREETING_MS, () => lastLoudMs(person) !== undefined);
  hangUp(person);
}

/** Waits for the 101, or for the call's end; then holds the first frames back. */
async function openStream(person: DoctorLine): Promise<boolean> {
  const isUp = ({ stream, end }: TelephoneCall): boolean => stream?.phase === "open" || end !== undefined;
  await person.line.until("a stream", isUp, OPEN_MS).catch(() => undefined);
  if (!isOpen(person)) return false;
  note(person, "opened");
  person.line.command({ type: "mute", ms: FIRST_MEDIA_MS });
  await pass(person, FIRST_MEDIA_MS);
  return isOpen(person);
}

/** Listens until the agent has greeted and fallen silent; a very long greeting is spoken over. */
async function hearGreeting(person: DoctorLine): Promise<void> {
  if (!(await waitFor(person, GREETING_MS, () => lastLoudMs(person) !== undefined))) return;
  const ends = await waitFor(person, LONGEST_GREETING_MS, () => isQuiet(person));
  if (!ends && isOpen(person)) await interrupt(person);
}

/** Speaks, hears the reply, speaks over it. */
async function converse(person: DoctorLine): Promise<void> {
  if (!isOpen(person)) return;
  await say(person, "spoke", person.say);
  const spokenMs = person.clock.nowMs();
  // What began while the caller spoke is an echo, or a late greeting: it is let finish, and is not spoken over.
  if (lastLoudMs(person, spokenMs - PAUSE_MS) !== undefined) await waitFor(person, LONGEST_GREETING_MS, () => isQuiet(person));
  const fromMs = person.clock.nowMs();
  const waitMs = lastLoudMs(person, spokenMs - PAUSE_MS) === undefined ? REPLY_MS : REPLY_MS / 2;
  const replies = await waitFor(person, waitMs, () => lastLoudMs(person, fromMs) !== undefined);
  note(person, "listened");
  if (!replies) return;
  await waitFor(person, HEARD_FIRST_MS, () => false);
  if (isOpen(person) && !isQuiet(person)) await interrupt(person);
  await waitFor(person, STOP_MS, () => isQuiet(person));
}

async function interrupt(person: DoctorLine): Promise<void> {
  await say(person, "interrupted", callersInterruption());
  await waitFor(person, STOP_MS - callersInterruption().length / PCMU_BYTES_PER_MS, () => isQuiet(person));
}

/** What Twilio sends seldom, or not yet: a key, a field and an event that nobody knows. One after the other, so that it shows which was not borne. */
async function probe(person: DoctorLine): Promise<void> {
  const send = async (name: string, text: (order: { sequenceNumber: string; streamSid: string }) => object): Promise<void> => {
    const caller = person.line.call.stream?.caller;
    if (caller === undefined || !isOpen(person)) return;
    note(person, name);
    const order = { sequenceNumber: `${caller.sequence + 1}`, streamSid: caller.options.streamSid };
    person.line.command({ type: "sendText", text: JSON.stringify(text(order)) });
    await pass(person, PROBE_MS);
  };
  if (!isOpen(person)) return;
  note(person, "pressed");
  person.line.command({ type: "press", digit: "5" });
  await pass(person, PROBE_MS);
  const payload = new Uint8Array(160).fill(0xff).toBase64();
  const chunk = `${(person.line.call.stream?.caller.counts.framesSent ?? 0) + 1}`;
  const media = { track: "inbound", chunk, timestamp: `${20 * Number(chunk)}`, payload, level: "-90" };
  await send("sent.unknown-field", (order) => ({ event: "media", ...order, media, region: "us1" }));
  await send("sent.unknown-event", (order) => ({ event: "quality", ...order, quality: { mos: "4.1" } }));
}

async function beTogether(person: DoctorLine, together: () => Promise<void>): Promise<void> {
  note(person, "together");
  let isReady = false;
  const other = together().finally(() => {
    isReady = true;
  });
  await waitFor(person, OTHER_CALL_MS, () => isReady);
  await say(person, "tone", concatBytes(tone(TOGETHER_HZ[0]), person.say));
  await pass(person, TOGETHER_MS);
  if (isReady) await other; // its failure is this call's
}

function tone(hz: number): Uint8Array {
  return encodeMulaw(renderTones([{ hz, dbfs: TONE_DBFS }], 0, TONE_MS * PCMU_BYTES_PER_MS));
}

function hangUp(person: DoctorLine): void {
  if (isOpen(person)) note(person, "hung-up");
  person.line.command({ type: "hangUp", asked: true });
}

/** Says it, and waits until it is said. */
async function say(person: DoctorLine, name: string, speech: Uint8Array): Promise<void> {
  if (!isOpen(person)) return;
  const ms = speech.length / PCMU_BYTES_PER_MS;
  const atMs = person.clock.nowMs();
  person.actions.push({ name, atMs, untilMs: atMs + loudUntilMs(speech) });
  person.line.command({ type: "say", speech });
  await pass(person, ms);
}

/** Where the last word ends: a recording may have silence behind it. */
function loudUntilMs(speech: Uint8Array): number {
  const heard = { keepMs: 0, totalMs: 0, pieces: [{ atMs: 0, bytes: speech }] };
  return audibleSpans(heard).at(-1)?.untilMs ?? speech.length / PCMU_BYTES_PER_MS;
}

function note(person: DoctorLine, name: string): void {
  person.actions.push({ name, atMs: person.clock.nowMs() });
}

function isOpen({ line }: DoctorLine): boolean {
  return line.call.stream?.phase === "open";
}

/** Waits until it holds, the stream ends, or the time is over; whether it holds. It is looked at with each frame, 50 times a second. */
async function waitFor(person: DoctorLine, ms: number, holds: () => boolean): Promise<boolean> {
  if (!isOpen(person)) return false;
  const fits = ({ stream }: TelephoneCall): boolean => stream?.phase !== "open" || holds();
  await person.line.until("what the doctor's caller waits for", fits, ms).catch(() => undefined);
  return isOpen(person) && holds();
}

async function pass(person: DoctorLine, ms: number): Promise<void> {
  await waitFor(person, ms, () => false);
}

/** When something was last loud enough to be heard, since a moment; undefined: nothing was. */
function lastLoudMs(person: DoctorLine, sinceMs = Number.NEGATIVE_INFINITY): number | undefined {
  const last = spans(person).at(-1)?.untilMs;
  return last !== undefined && last > sinceMs ? last : undefined;
}

function isQuiet(person: DoctorLine): boolean {
  return person.clock.nowMs() - (lastLoudMs(person) ?? 0) >= PAUSE_MS;
}

/** Only the last pieces: it is asked 50 times a second. */
function spans({ line, clock }: DoctorLine): readonly Span[] {
  const { stream } = line.call;
  if (stream === undefined) return [];
  const heard = callerHeard(stream.caller, clock.nowMs());
  return audibleSpans({ ...heard, pieces: heard.pieces.filter(({ atMs }) => atMs >= clock.nowMs() - 60_000) });
}
