// A small voice agent without a model, for the streams of gallery servers: it greets, detects speech by its level,
// replies with recorded speech, and stops when it is interrupted, unless its behavior says otherwise. It knows nothing
// of HTTP or sockets.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import { decodeMulaw } from "../../../src/audio/g711.ts";
import { levelDbfs } from "../../../src/audio/level.ts";
import type { Clock } from "../../../src/call/ports.ts";
import type { StreamListener, StreamSocket } from "./exhibit.ts";
import { type Spoil, speech } from "./sounds.ts";

export interface Media {
  readonly event: "media";
  readonly streamSid: string;
  readonly media: { readonly payload: string };
}

/** How an agent behaves. Defaults: as a good one. */
export interface AgentBehavior {
  /** 0: it does not greet. */
  readonly greetingMs?: number;
  readonly greetAfterMs?: number;
  /** 0: it never replies. */
  readonly replyMs?: number;
  /** A function: for each reply, from 0. */
  readonly replyAfterMs?: number | ((turn: number) => number);
  /** Audio per media message. */
  readonly chunkMs?: number;
  /** How many times faster than real time it sends audio. */
  readonly pace?: number;
  /** Sends a mark after every chunk. */
  readonly marks?: boolean;
  /** When the caller interrupts. `quiet`: stops sending, without a clear. `clear-only`: clears, and goes on sending. */
  readonly interrupted?: "clear" | "quiet" | "ignore" | "clear-only";
  /** Changes the audio of each chunk. */
  readonly spoil?: Spoil;
  /** Replaces a media message; bytes become a binary frame. */
  readonly wire?: (media: Media, pcmu: Uint8Array) => string | Uint8Array;
  /** On `stop`. `stay`: waits for Twilio to close. `talk`: goes on speaking. */
  readonly stopped?: "close" | "stay" | "talk";
  /** Receives each message first; true: the agent does not receive it. */
  readonly before?: (message: FromTwilio, socket: StreamSocket) => boolean;
}

/** The parts of Twilio's messages that an agent reads. */
export interface FromTwilio {
  readonly event: string;
  readonly streamSid?: string;
  readonly start?: { readonly callSid: string; readonly customParameters?: Readonly<Record<string, string>> };
  readonly media?: { readonly payload: string };
  readonly [field: string]: unknown;
}

/** Louder is speech. Pauses between words are shorter than `endOfTurnMs`. */
const speechDbfs = -40;
const startOfTurnMs = 100;
const endOfTurnMs = 500;
const frameMs = 20;

export function agent(clock: Clock, behavior: AgentBehavior = {}): (socket: StreamSocket) => StreamListener {
  return (socket) => new Agent(clock, behavior, socket);
}

class Agent implements StreamListener {
  readonly #clock: Clock;
  readonly #behavior: AgentBehavior;
  readonly #socket: StreamSocket;
  #streamSid = "";
  /** Cancel what is still to be sent. */
  #cancels: (() => void)[] = [];
  #playsUntilMs = 0;
  #loudMs = 0;
  #quietMs = 0;
  #isCallerSpeaking = false;
  #turn = 0;

  constructor(clock: Clock, behavior: AgentBehavior, socket: StreamSocket) {
    this.#clock = clock;
    this.#behavior = behavior;
    this.#socket = socket;
  }

  text(text: string): void {
    const message = JSON.parse(text) as FromTwilio;
    if (this.#behavior.before?.(message, this.#socket) === true) return;
    const { greetingMs = 2_000, greetAfterMs = 300, stopped = "close" } = this.#behavior;
    if (message.event === "start") {
      this.#streamSid = message.streamSid ?? "";
      if (greetingMs > 0) this.#later(greetAfterMs, () => this.#say(greetingMs));
    } else if (message.event === "media") {
      this.#listen(Buffer.from(message.media?.payload ?? "", "base64"));
    } else if (message.event === "stop") {
      if (stopped === "close") this.#socket.close(1000, "");
      if (stopped === "talk") this.#say(10_000, 1);
    }
  }

  closed(): void {
    this.#cancelAll();
  }

  #listen(pcmu: Uint8Array): void {
    if (levelDbfs(decodeMulaw(pcmu)) > speechDbfs) {
      this.#loudMs += frameMs;
      this.#quietMs = 0;
      if (this.#loudMs >= startOfTurnMs && !this.#isCallerSpeaking) this.#onSpeechStarted();
    } else {
      this.#quietMs += frameMs;
      if (this.#quietMs >= endOfTurnMs) this.#onSpeechStopped();
    }
  }

  #onSpeechStarted(): void {
    this.#isCallerSpeaking = true;
    const { interrupted = "clear" } = this.#behavior;
    if (interrupted === "ignore" || this.#clock.nowMs() >= this.#playsUntilMs) return;
    if (interrupted !== "clear-only") this.#cancelAll();
    if (interrupted !== "quiet") this.#socket.text(JSON.stringify({ event: "clear", streamSid: this.#streamSid }));
    if (interrupted === "clear") this.#playsUntilMs = this.#clock.nowMs();
  }

  #onSpeechStopped(): void {
    this.#loudMs = 0;
    if (!this.#isCallerSpeaking) return;
    this.#isCallerSpeaking = false;
    const { replyMs = 6_000, replyAfterMs = 400 } = this.#behavior;
    const afterMs = typeof replyAfterMs === "number" ? replyAfterMs : replyAfterMs(this.#turn++);
    if (replyMs > 0) this.#later(afterMs, () => this.#say(replyMs));
  }

  #say(ms: number, fixedPace?: number): void {
    const { chunkMs = 200 } = this.#behavior;
    const pace = fixedPace ?? this.#behavior.pace ?? 5;
    const pcmu = speech(ms);
    this.#playsUntilMs = Math.max(this.#playsUntilMs, this.#clock.nowMs()) + ms;
    for (let at = 0; at < ms; at += chunkMs) {
      this.#later(at / pace, () => this.#send(pcmu.subarray(at * 8, (at + chunkMs) * 8)));
    }
  }

  #send(plain: Uint8Array): void {
    const { spoil = (pcmu) => pcmu, wire = (media) => JSON.stringify(media), marks = true } = this.#behavior;
    const audio = spoil(plain);
    const payload = Buffer.from(audio).toString("base64");
    const frame = wire({ event: "media", streamSid: this.#streamSid, media: { payload } }, audio);
    if (typeof frame === "string") this.#socket.text(frame);
    else this.#socket.binary(frame);
    if (marks) this.#socket.text(JSON.stringify({ event: "mark", streamSid: this.#streamSid, mark: { name: "chunk" } }));
  }

  #later(ms: number, action: () => void): void {
    this.#cancels.push(this.#clock.after(ms, action));
  }

  #cancelAll(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }
}
