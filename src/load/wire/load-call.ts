// One simulated call on real sockets: reaches its stream (reach-stream.ts), sends labelled audio every 20 ms, and
// measures what comes back. The caller's end of the stream is the simulator of Twilio, in
// simulators/twilio/stream-caller.ts; what the caller does in it: measure/caller-conversation.ts.

import type { Clock } from "../../call/ports.ts";
import type { DialEnd, DialledSocket, Platform } from "../../platform/seam.ts";
import { joinBytes } from "../../protocol/bytes.ts";
import { InboundAllowance } from "../../simulators/sockets/inbound-allowance.ts";
import { FRAME_MS, stepStreamCaller } from "../../simulators/twilio/stream-caller.ts";
import type { StreamCaller, StreamCallerInput } from "../../simulators/twilio/stream-caller-state.ts";
import type { TelephoneOptions } from "../../simulators/twilio/telephone/inputs-outputs.ts";
import type { NetworkFailure } from "../../simulators/twilio/webhook-answer.ts";
import { CallerConversation } from "../measure/caller-conversation.ts";
import { type FrameLabel, findTonePair, isAudible, LabelledAudio, LabelReader, tonePairOf } from "../measure/fingerprint.ts";
import type { Measurements } from "../measure/measurements.ts";
import type { CallFrames, FrameRegistry } from "./frame-registry.ts";
import type { Pacer } from "./pacer.ts";
import { reachStream } from "./reach-stream.ts";

/** Twilio gives up a handshake after so long (https://www.twilio.com/docs/api/errors/31901 names no time). */
const HANDSHAKE_MS = 10_000;
/** How long a server may take to answer our close. */
const CLOSE_MS = 3_000;
/** A call that is later than this does not catch up: the simulator skips its frames. */
const MAX_DUE_FRAMES = 250;
/** Tones are looked for in one message of so many ms: it costs more than labels do. */
const TONES_EVERY_MS = 100;
/** Failures that say that no server is there. */
const unreachable: readonly (NetworkFailure | undefined)[] = ["dns", "refused", "unreachable", "connectTimeout"];

export interface LoadCallSetup {
  readonly telephone: TelephoneOptions;
  /** Its number, which its audio carries. */
  readonly number: number;
  readonly durationMs: number;
}

export interface LoadWorld {
  readonly clock: Clock;
  readonly dial: Platform["dial"];
  readonly pacer: Pacer;
  readonly registry: FrameRegistry;
  readonly measurements: Measurements;
  refuse(url: string): Promise<string | undefined>;
  /** A stream opened or ended. */
  activeChanged(by: 1 | -1): void;
}

export interface LoadCallHandle {
  /** Resolves when its socket is closed and everything is counted. Never rejects. */
  readonly done: Promise<void>;
  /** Hangs up now. */
  hangUp(): void;
}

export function placeLoadCall(setup: LoadCallSetup, world: LoadWorld): LoadCallHandle {
  const call = new LoadCall(setup, world);
  return { done: call.run(), hangUp: () => call.hangUp() };
}

/** A class because it owns a socket. */
class LoadCall {
  readonly #setup: LoadCallSetup;
  readonly #world: LoadWorld;
  #isCancelled = false;
  #stream: OpenStream | undefined;

  constructor(setup: LoadCallSetup, world: LoadWorld) {
    this.#setup = setup;
    this.#world = world;
  }

  async run(): Promise<void> {
    const { measurements } = this.#world;
    const reached = await reachStream(this.#setup.telephone, this.#world);
    if (this.#isCancelled) return;
    if (reached.type === "failed") {
      if (unreachable.includes(reached.failure)) measurements.unreachable += 1;
      measurements.count("failed", 1, 1);
      measurements.reason(reached.what);
      return;
    }
    if (reached.webhookMs !== undefined) measurements.durations.webhook.record(reached.webhookMs);
    await new Promise<void>((resolve) => {
      this.#stream = new OpenStream(reached, this.#setup, this.#world, resolve);
    });
  }

  hangUp(): void {
    if (this.#stream === undefined) this.#isCancelled = true;
    else this.#stream.hangUp();
  }
}

type Reached = Extract<Awaited<ReturnType<typeof reachStream>>, { type: "dial" }>;

/** The stream of a call, from dialling to its end. A class because a socket has identity. */
class OpenStream {
  readonly #setup: LoadCallSetup;
  readonly #world: LoadWorld;
  readonly #done: () => void;
  readonly #socket: DialledSocket;
  readonly #dialledAtMs: number;
  readonly #audio: LabelledAudio;
  readonly #labels = new LabelReader();
  #caller: StreamCaller;
  #stepAtMs = 0;
  #openedAtMs: number | undefined;
  #conversation: CallerConversation | undefined;
  #frames: CallFrames | undefined;
  #allowance = new InboundAllowance(0);
  #messages = 0;
  #frame = 0;
  /** What the next frames to be sent are, in order. */
  #queued: { readonly frame: number; readonly loud: boolean; readonly spurt: number }[] = [];
  #foreign = 0;
  #labelled = 0;
  #hasLabels = false;
  #tonesAtMs = 0;
  #reply = -1;
  #isHangingUp = false;
  #isOver = false;
  #stopTimer: () => void;
  #stopPacing = (): void => {};

  constructor(reached: Reached, setup: LoadCallSetup, world: LoadWorld, done: () => void) {
    this.#setup = setup;
    this.#world = world;
    this.#done = done;
    this.#caller = reached.caller;
    this.#audio = new LabelledAudio("caller", setup.number);
    this.#dialledAtMs = world.clock.nowMs();
    this.#stopTimer = world.clock.after(HANDSHAKE_MS, () => this.#socket.terminate());
    this.#socket = world.dial(reached.url, reached.headers, {
      opened: () => this.#onOpened(),
      text: (text) => this.#onText(text),
      closed: (end) => this.#onClosed(end),
    });
  }

  hangUp(): void {
    if (this.#isHangingUp) return;
    this.#isHangingUp = true;
    this.#stopPacing();
    this.#stopTimer();
    this.#stopTimer = this.#world.clock.after(CLOSE_MS, () => {
      this.#socket.terminate();
      this.#end();
    });
    if (this.#openedAtMs === undefined) this.#socket.terminate();
    else this.#step({ type: "hungUp", atMs: this.#world.clock.nowMs() });
  }

  #onOpened(): void {
    const nowMs = this.#world.clock.nowMs();
    const { measurements, registry, pacer, clock } = this.#world;
    this.#openedAtMs = nowMs;
    measurements.durations.handshake.record(nowMs - this.#dialledAtMs);
    measurements.count("failed", 0, 1);
    this.#world.activeChanged(1);
    this.#allowance = new InboundAllowance(nowMs);
    this.#frames = registry.open(this.#setup.number);
    this.#conversation = new CallerConversation(nowMs, {
      firstAudio: (ms) => measurements.durations.first_audio.record(ms),
      answered: (ms) => {
        measurements.durations.turn.record(ms);
        measurements.count("unanswered", 0, 1);
      },
      unanswered: () => measurements.count("unanswered", 1, 1),
      cleared: (ms) => {
        measurements.durations.clear.record(ms);
        measurements.count("not_cleared", 0, 1);
      },
      notCleared: () => measurements.count("not_cleared", 1, 1),
    });
    this.#stopTimer();
    this.#stopTimer = clock.after(this.#setup.durationMs, () => this.hangUp());
    this.#step({ type: "opened", atMs: nowMs });
    this.#stopPacing = pacer.add(nowMs, (atMs) => this.#pace(atMs));
  }

  /** Sends the frames that are due. */
  #pace(nowMs: number): void {
    const conversation = this.#conversation;
    if (conversation === undefined || this.#isHangingUp) return;
    const due = Math.min(MAX_DUE_FRAMES, Math.floor((nowMs - this.#caller.openedAtMs) / FRAME_MS) - this.#caller.frame);
    if (due <= 0) return;
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < due; at++) {
      const loud = conversation.next(nowMs, this.#caller.playback.untilMs);
      this.#queued.push({ frame: this.#frame, loud, spurt: conversation.spurt });
      pieces.push(this.#audio.frame(this.#frame, loud));
      this.#frame += 1;
    }
    // Queued before the time at which the frames are due, so that the simulator sends them and not silence.
    this.#step({ type: "said", atMs: this.#stepAtMs, speech: pieces.length === 1 ? (pieces[0] as Uint8Array) : joinBytes(pieces) });
    this.#step({ type: "woke", atMs: nowMs });
  }

  #step(input: StreamCallerInput): void {
    this.#stepAtMs = Math.max(this.#stepAtMs, input.atMs);
    let dueMs = this.#caller.openedAtMs + this.#caller.frame * FRAME_MS;
    const { caller, outputs } = stepStreamCaller(this.#caller, { ...input, atMs: this.#stepAtMs });
    this.#caller = caller;
    for (const output of outputs) {
      if (output.type === "close") this.#socket.close(1000, "");
      if (output.type !== "text") continue;
      this.#socket.sendText(output.text);
      if (!output.text.startsWith('{"event":"media"')) continue;
      dueMs += FRAME_MS;
      this.#noteSent(dueMs);
    }
  }

  #noteSent(dueMs: number): void {
    const sent = this.#queued.shift();
    const frames = this.#frames;
    if (sent === undefined || frames === undefined) return;
    const nowMs = this.#world.clock.nowMs();
    const { measurements } = this.#world;
    measurements.framesSent += 1;
    measurements.durations.lag.record(nowMs - dueMs);
    frames.echo.sent(sent.frame, sent.spurt, sent.loud, nowMs);
    frames.toModel.sent(sent.frame, sent.spurt, sent.loud, nowMs);
    if (sent.loud) this.#conversation?.spoke(nowMs);
  }

  #onText(text: string): void {
    const nowMs = this.#world.clock.nowMs();
    this.#messages += 1;
    const excess = this.#allowance.excess(text.length, this.#messages, nowMs);
    if (excess !== undefined) {
      this.#world.measurements.reason(excess);
      this.#socket.terminate();
      return;
    }
    const { mediaReceived, clearsReceived } = this.#caller.counts;
    this.#step({ type: "text", atMs: nowMs, text });
    const { counts } = this.#caller;
    if (counts.clearsReceived > clearsReceived) this.#conversation?.cleared(nowMs);
    // The simulator has checked the message, so its payload is base64.
    const payload = counts.mediaReceived > mediaReceived ? /"payload"\s*:\s*"([^"]*)"/.exec(text)?.[1] : undefined;
    if (payload !== undefined) this.#onAudio(Uint8Array.fromBase64(payload.replaceAll("\\/", "/")), nowMs);
  }

  #onAudio(bytes: Uint8Array, nowMs: number): void {
    const audible = isAudible(bytes);
    if (audible) this.#conversation?.heard(nowMs);
    const labels = this.#labels.push(bytes);
    this.#hasLabels ||= labels.length > 0;
    for (const label of labels) this.#onLabel(label, nowMs);
    // Where labels arrive, the tones say nothing more.
    if (!audible || this.#hasLabels || nowMs - this.#tonesAtMs < TONES_EVERY_MS) return;
    this.#tonesAtMs = nowMs;
    const pair = findTonePair(bytes);
    if (pair === undefined || pair === tonePairOf(this.#setup.number)) return;
    this.#labelled += 1;
    this.#foreign += this.#world.registry.hasTones(pair) ? 1 : 0;
  }

  #onLabel({ side, call, frame }: FrameLabel, nowMs: number): void {
    const { durations } = this.#world.measurements;
    const conversation = this.#conversation;
    const frames = this.#frames;
    this.#labelled += 1;
    if (call !== this.#setup.number) this.#foreign += 1;
    else if (side === "caller") {
      const arrival = frames?.echo.arrived(frame, nowMs);
      if (arrival === undefined || arrival.type === "unknown" || arrival.type === "repeated") return;
      if (conversation?.isEcho === true) durations.frame.record(arrival.latencyMs);
      else conversation?.echoed(arrival.spurt, nowMs);
    } else {
      const arrival = frames?.fromModel.arrived(frame, nowMs);
      if (arrival === undefined || arrival.type !== "first" || arrival.spurt <= this.#reply) return;
      // The rest of a reply may be paced by the server on purpose.
      this.#reply = arrival.spurt;
      durations.from_model.record(arrival.latencyMs);
    }
  }

  #onClosed({ code, reason, httpStatus, failure }: DialEnd): void {
    const { measurements } = this.#world;
    if (this.#isOver) return;
    if (this.#openedAtMs === undefined && !this.#isHangingUp) {
      measurements.count("failed", 1, 1);
      const late = this.#world.clock.nowMs() - this.#dialledAtMs >= HANDSHAKE_MS;
      const why = httpStatus === undefined ? (failure ?? reason) : `HTTP ${httpStatus} instead of 101`;
      measurements.reason(`handshake: ${late ? `no answer within ${HANDSHAKE_MS / 1_000} s` : why}`);
    } else if (this.#openedAtMs !== undefined) {
      measurements.count("dropped", this.#isHangingUp ? 0 : 1, 1);
      if (!this.#isHangingUp) measurements.reason(`the server closed the stream: ${code}${reason === "" ? "" : ` ${reason}`}`);
    }
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopTimer();
    this.#stopPacing();
    this.#count(this.#world.clock.nowMs());
    this.#world.registry.close(this.#setup.number);
    this.#done();
  }

  #count(nowMs: number): void {
    const { measurements } = this.#world;
    const frames = this.#frames;
    const conversation = this.#conversation;
    if (this.#openedAtMs === undefined || frames === undefined || conversation === undefined) return;
    this.#world.activeChanged(-1);
    measurements.callMs += nowMs - this.#openedAtMs;
    measurements.echoCalls += conversation.isEcho ? 1 : 0;
    measurements.count("silent", conversation.hasHeard ? 0 : 1, 1);
    measurements.count("crosstalk", this.#foreign, this.#labelled);
    measurements.count("bad", this.#caller.counts.badReceived, this.#messages);
    for (const [account, passesAll] of [
      [frames.echo, conversation.isEcho],
      [frames.toModel, true],
      [frames.fromModel, false],
    ] as const) {
      if (!account.hasArrivals) continue;
      const { expected, lost, duplicated, reordered } = account.counts(nowMs, passesAll);
      measurements.count("lost", lost, expected);
      measurements.count("duplicated", duplicated, expected);
      measurements.count("reordered", reordered, expected);
    }
  }
}
