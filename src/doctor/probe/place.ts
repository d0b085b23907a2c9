// One telephone call of the doctor's, on real sockets, with every frame of its streams kept. What its caller does: play.ts.

import { latin1Text } from "../../protocol/bytes.ts";
import { type LineWorld, type RunningCall, runCall } from "../../simulators/sockets/telephone.ts";
import type { TelephoneInput, TelephoneOptions, TelephoneOrder } from "../../simulators/twilio/telephone/orders.ts";
import { FICTIONAL_CALLER, FICTIONAL_LINE, type Party } from "../../simulators/twilio/webhook.ts";
import type { CallerAction, DoctorCall, HandshakeTry, StreamFrame } from "../evidence/evidence.ts";
import type { DoctorOptions, DoctorWorld } from "../options.ts";

/** How long a call may take to end when its caller has nothing more to do: Twilio waits for a close, an action is requested, a document comes late. */
const END_MS = 25_000;
/** Frames kept of a call: five minutes both ways and as much again. */
const MAX_FRAMES = 60_000;

/** Characters of a refused handshake's body that are kept. */
const BODY_CHARS = 2_000;

/** Where a run calls, found out before its first call. */
export interface Place {
  readonly options: DoctorOptions;
  readonly isLocalTrial: boolean;
  /** Why a URL is not to be asked. */
  readonly refuse?: (url: string) => Promise<string | undefined>;
}

/** A call that runs, and how to get what it was when it is over. */
export interface PlacedCall {
  readonly line: RunningCall;
  /** Of its streams, as Twilio makes them. */
  readonly handshakes: readonly HandshakeTry[];
  end(actions: readonly CallerAction[], toneHz?: number): Promise<DoctorCall>;
}

function party(usual: Party, number: string | undefined): Party {
  return number === undefined ? usual : { number, city: "", state: "", zip: "", country: "" };
}

/** TwiML of a call that starts at the handshake. */
export function streamDocument(url: string): string {
  return `<Response><Connect><Stream url="${url.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;")}"/></Connect></Response>`;
}

/** How the telephone is told to call. */
export function telephoneOptions({ options, isLocalTrial }: Place, seed: string): TelephoneOptions {
  const { target, method, authToken, accountSid, userAgent, digits, params, from, to } = options;
  const isStream = /^wss?:/i.test(target);
  const isPlain = /^(?:http|ws):/i.test(target);
  return {
    webhook: { url: target, method },
    ...(isStream ? { twiml: streamDocument(target), customParameters: params } : { params }),
    authToken,
    seed,
    from: party(FICTIONAL_CALLER, from),
    to: party(FICTIONAL_LINE, to),
    allowPlainSocket: isLocalTrial && isPlain,
    ...(accountSid === undefined ? {} : { accountSid }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(digits === undefined ? {} : { digits }),
  };
}

/** Places a call, from 1. Everything is traced, under the call's number. */
export function placeDoctorCall(place: Place, number: number, world: DoctorWorld, more: Partial<TelephoneOptions> = {}): PlacedCall {
  const seed = Array.from(world.random(16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const frames: StreamFrame[] = [];
  const handshakes: HandshakeTry[] = [];
  const keep = (frame: StreamFrame | undefined): void => {
    if (frame !== undefined && frames.length < MAX_FRAMES) frames.push(frame);
  };
  const lineWorld: LineWorld = {
    clock: world.clock,
    random: world.random,
    trust: world.trust,
    ...(place.refuse === undefined ? {} : { refuse: place.refuse }),
    trace: (event) => {
      const atMs = "atMs" in event && event.type !== "wake" && event.atMs !== undefined ? event.atMs : world.clock.nowMs();
      keep(frameOf(event, atMs));
      noteHandshake(handshakes, event, atMs);
      if (event.type !== "wake" && event.type !== "woke") world.trace({ call: number, atMs, ...event });
    },
  };
  const line = runCall({ ...telephoneOptions(place, seed), ...more }, lineWorld);
  return {
    line,
    handshakes,
    async end(actions, toneHz) {
      const giveUp = world.clock.after(END_MS, () => line.abort());
      const call = await line.done;
      giveUp();
      return { number, call, frames, actions, ...(toneHz === undefined ? {} : { toneHz }) };
    },
  };
}

/** Begins a handshake with its dial, and completes it with what came. */
function noteHandshake(handshakes: HandshakeTry[], event: TelephoneInput | TelephoneOrder, atMs: number): void {
  if (event.type === "socket.dial") {
    handshakes.push({ variant: "twilio", url: event.url, offered: [], atMs, ms: 0, key: event.key });
    return;
  }
  const last = handshakes.at(-1);
  if (last === undefined || last.answer !== undefined || last.failure !== undefined) return;
  const done = (rest: Pick<HandshakeTry, "answer" | "failure">): void => {
    handshakes[handshakes.length - 1] = { ...last, ms: atMs - last.atMs, ...rest };
  };
  if (event.type === "socket.opened") done({ answer: { head: event.head, body: "" } });
  if (event.type === "socket.refused") done({ answer: { head: event.head, body: latin1Text(event.body).slice(0, BODY_CHARS) } });
  if (event.type === "socket.failed") done({ failure: { kind: event.failure, detail: event.detail } });
}

function frameOf(event: TelephoneInput | TelephoneOrder, atMs: number): StreamFrame | undefined {
  const from = "atMs" in event ? "server" : "twilio";
  switch (event.type) {
    case "socket.text":
      return { atMs, from, type: "text", text: event.text };
    case "socket.binary":
      return { atMs, from, type: "binary", bytes: typeof event.bytes === "number" ? event.bytes : event.bytes.length };
    case "socket.broken":
      return { atMs, from: "server", type: "broken", bad: event.bad };
    case "socket.closed":
      return { atMs, from: "server", type: "closed", code: event.code, reason: event.reason };
    default:
      return undefined;
  }
}
