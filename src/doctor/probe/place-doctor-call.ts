// Places one telephone call on real sockets and keeps every frame of its streams. What the caller does in it:
// caller-scripts.ts.

import type { Clock } from "../../call/ports.ts";
import { latin1Text } from "../../protocol/bytes.ts";
import { placeTelephoneCall, type TelephoneCallHandle, type TelephoneEnvironment } from "../../simulators/sockets/place-telephone-call.ts";
import type { TelephoneInput, TelephoneOptions, TelephoneOutput } from "../../simulators/twilio/telephone/inputs-outputs.ts";
import { type CallParty, FICTIONAL_CALLER, FICTIONAL_LINE } from "../../simulators/twilio/webhook-request.ts";
import type { CallerAction, DoctorCall, HandshakeTry, StreamFrame } from "../evidence/evidence.ts";
import type { DoctorOptions, DoctorWorld } from "../options.ts";

/** How long a call may take to end after its caller is done: for a close, a `<Connect action>`, a slow document. */
const END_MS = 25_000;
/** How long a conversation takes: a greeting, and two or three replies. With --patient as long as many calls. */
const CONVERSATION_MS = 15_000;
const PATIENT_MS = 60_000;
/** How much of a conversation goes on before a second call starts. The rest goes on meanwhile. */
const ALONE_MS = 10_000;
/** Frames kept per call and sender. Ten minutes of audio in frames of 20 ms are 30,000. */
const MAX_FRAMES = 35_000;
/** Characters kept of a server's frames. Ten minutes of audio, the most that Twilio buffers, take 6.4 million. */
const MAX_SERVER_CHARS = 8_388_608;
/** Calls whose frames are judged. The others, of which there may be 18, only show how long callers wait. */
const MAX_JUDGED_CALLS = 2;
/** How many of their frames are kept, as a part of those of a judged call. */
const UNJUDGED_SHARE = 0.02;
/** Characters kept of a rejected handshake's body. */
const BODY_CHARS = 16_384;

/** What all calls of a run have in common. */
export interface CallSetup {
  readonly options: DoctorOptions;
  /** How many calls to place. */
  readonly calls: number;
  readonly isLocalTrial: boolean;
  /** Why a URL must not be requested; undefined: it may. */
  readonly refuse?: (url: string) => Promise<string | undefined>;
}

/** A running call. */
export interface PlacedCall {
  readonly line: TelephoneCallHandle;
  readonly clock: Clock;
  /** What the caller says, PCMU. */
  readonly speech: Uint8Array;
  /** How long the caller talks with the agent, from the open stream. */
  readonly conversationMs: number;
  /** How much of that goes on before a second call starts. */
  readonly aloneMs: number;
  /** What the caller has done; the scripts append to it. */
  readonly actions: CallerAction[];
  /** Of its streams; grows. */
  readonly handshakes: readonly HandshakeTry[];
  /** One line of progress. */
  progress(text: string): void;
  /**
   * Waits for the call to end, aborts it after 25 s, and returns what was recorded. `toneHz`: the tone that the caller
   * said.
   */
  end(toneHz?: number): Promise<DoctorCall>;
}

function party(fictional: CallParty, number: string | undefined): CallParty {
  return number === undefined ? fictional : { number, city: "", state: "", zip: "", country: "" };
}

/** TwiML that connects a call to a stream. */
export function streamDocument(url: string): string {
  return `<Response><Connect><Stream url="${url.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;")}"/></Connect></Response>`;
}

function telephoneOptions({ options, isLocalTrial }: CallSetup, seed: string): TelephoneOptions {
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
    ...(isLocalTrial && /^http:/i.test(target) ? { plainSocketHost: new URL(target).host } : {}),
    ...(accountSid === undefined ? {} : { accountSid }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(digits === undefined ? {} : { digits }),
  };
}

/** Places call number `number`, which its trace entries carry. `more` overrides the telephone's options. */
export function placeDoctorCall(setup: CallSetup, number: number, world: DoctorWorld, more: Partial<TelephoneOptions> = {}): PlacedCall {
  const seed = Array.from(world.random(16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const options = { ...telephoneOptions(setup, seed), ...more };
  const frames: StreamFrame[] = [];
  const actions: CallerAction[] = [];
  const handshakes: HandshakeTry[] = [];
  const share = number <= MAX_JUDGED_CALLS ? 1 : UNJUDGED_SHARE;
  const kept = { server: 0, twilio: 0, serverChars: 0, dropped: 0 };
  const keep = (frame: StreamFrame | undefined): void => {
    if (frame === undefined) return;
    const chars = frame.from === "server" && frame.type === "text" ? frame.text.length : 0;
    const isEnd = frame.type === "broken" || frame.type === "closed";
    if (!isEnd && (kept[frame.from] >= MAX_FRAMES * share || kept.serverChars + chars > MAX_SERVER_CHARS * share)) {
      kept.dropped += 1;
      return;
    }
    kept[frame.from] += 1;
    kept.serverChars += chars;
    frames.push(frame);
  };
  const lineWorld: TelephoneEnvironment = {
    clock: world.clock,
    random: world.random,
    trust: world.trust,
    ...(setup.refuse === undefined ? {} : { refuse: setup.refuse }),
    trace: (event) => {
      const atMs = "atMs" in event && event.type !== "wake" && event.atMs !== undefined ? event.atMs : world.clock.nowMs();
      keep(frameOf(event, atMs));
      noteHandshake(handshakes, event, atMs);
      if (event.type !== "wake" && event.type !== "woke") world.trace({ call: number, atMs, ...event });
    },
  };
  const line = placeTelephoneCall(options, lineWorld);
  return {
    line,
    clock: world.clock,
    speech: setup.options.speech,
    conversationMs: setup.options.patient ? PATIENT_MS : CONVERSATION_MS,
    aloneMs: setup.options.patient ? PATIENT_MS : ALONE_MS,
    progress: (text) => world.progress(text),
    actions,
    handshakes,
    async end(toneHz) {
      const giveUp = world.clock.after(END_MS, () => line.abort());
      const call = await line.done;
      giveUp();
      const { dropped } = kept;
      return {
        number,
        call,
        frames,
        actions,
        ...(dropped === 0 ? {} : { droppedFrames: dropped }),
        ...(toneHz === undefined ? {} : { toneHz }),
      };
    },
  };
}

/** Adds a handshake when it is sent, and completes it with its answer or failure. */
function noteHandshake(handshakes: HandshakeTry[], event: TelephoneInput | TelephoneOutput, atMs: number): void {
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
  if (event.type === "socket.rejected") done({ answer: { head: event.head, body: latin1Text(event.body).slice(0, BODY_CHARS) } });
  if (event.type === "socket.failed") done({ failure: { kind: event.failure, detail: event.detail } });
}

function frameOf(event: TelephoneInput | TelephoneOutput, atMs: number): StreamFrame | undefined {
  const from = "atMs" in event ? "server" : "twilio";
  switch (event.type) {
    case "socket.text":
      return { atMs, from, type: "text", text: event.text };
    case "socket.binary":
      return { atMs, from, type: "binary", bytes: typeof event.bytes === "number" ? event.bytes : event.bytes.length };
    case "socket.broken":
      return { atMs, from: "server", type: "broken", bad: event.bad, violation: event.violation };
    case "socket.closed":
      return { atMs, from: "server", type: "closed", code: event.code, reason: event.reason };
    default:
      return undefined;
  }
}
