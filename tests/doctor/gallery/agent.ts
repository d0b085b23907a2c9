// A small voice agent without a model: it greets, listens by level, replies with recorded speech, and stops when it is
// interrupted, unless its manners say otherwise. What gallery servers put on their streams; knows nothing of HTTP or
// sockets.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import { decodeMulaw } from "../../../src/audio/g711.ts";
import { levelDbfs } from "../../../src/audio/level.ts";
import type { Clock } from "../../../src/call/ports.ts";
import type { StreamEar, StreamSocket } from "./exhibit.ts";
import { type Spoil, speech } from "./sounds.ts";

/** A media message as it would go out. */
export interface Media {
  readonly event: "media";
  readonly streamSid: string;
  readonly media: { readonly payload: string };
}

/** How an agent behaves; missing: as a good one. */
export interface Manners {
  /** 0: it waits to be spoken to. */
  readonly greetingMs?: number;
  readonly greetAfterMs?: number;
  /** 0: it never replies. */
  readonly replyMs?: number;
  readonly replyAfterMs?: number;
  /** Audio in one media message. */
  readonly chunkMs?: number;
  /** How many times faster than real time it sends; 1: as it is spoken. */
  readonly pace?: number;
  /** A mark behind every chunk. */
  readonly marks?: boolean;
  /**
   * What it does when the caller speaks over it. `quiet`: sends no more, and no clear. `clear-only`: clears, and sends
   * on.
   */
  readonly interrupted?: "clear" | "quiet" | "ignore" | "clear-only";
  /** What becomes of the audio of each chunk. */
  readonly spoil?: Spoil;
  /** What goes out in place of a media message; bytes: as a binary frame. */
  readonly wire?: (media: Media, pcmu: Uint8Array) => string | Uint8Array;
  /** What it does on `stop`. `stay`: waits for Twilio to close. `talk`: speaks on to nobody. */
  readonly stopped?: "close" | "stay" | "talk";
  /** Sees each message before the agent does; true: the agent does not see it. */
  readonly before?: (message: FromTwilio, socket: StreamSocket) => boolean;
}

/** As much of Twilio's messages as an agent reads. */
export interface FromTwilio {
  readonly event: string;
  readonly streamSid?: string;
  readonly start?: { readonly callSid: string; readonly customParameters?: Readonly<Record<string, string>> };
  readonly media?: { readonly payload: string };
  readonly [field: string]: unknown;
}

/** Louder than this is speech; between two words it is quieter for less than `endOfTurnMs`. */
const speechDbfs = -40;
const startOfTurnMs = 100;
const endOfTurnMs = 500;
const frameMs = 20;

/** Puts an agent on a socket. */
export function agent(clock: Clock, manners: Manners = {}): (socket: StreamSocket) => StreamEar {
  return (socket) => new Agent(clock, manners, socket);
}

/** One conversation. A class because it has identity. */
class Agent implements StreamEar {
  readonly #clock: Clock;
  readonly #manners: Manners;
  readonly #socket: StreamSocket;
  #streamSid = "";
  /** Stops what is still to be sent. */
  #callOffs: (() => void)[] = [];
  #playsUntilMs = 0;
  #loudMs = 0;
  #quietMs = 0;
  #isSpokenTo = false;

  constructor(clock: Clock, manners: Manners, socket: StreamSocket) {
    this.#clock = clock;
    this.#manners = manners;
    this.#socket = socket;
  }

  text(text: string): void {
    const message = JSON.parse(text) as FromTwilio;
    if (this.#manners.before?.(message, this.#socket) === true) return;
    const { greetingMs = 2_000, greetAfterMs = 300, stopped = "close" } = this.#manners;
    if (message.event === "start") {
      this.#streamSid = message.streamSid ?? "";
      if (greetingMs > 0) this.#later(greetAfterMs, () => this.#say(greetingMs));
    } else if (message.event === "media") {
      this.#hear(Buffer.from(message.media?.payload ?? "", "base64"));
    } else if (message.event === "stop") {
      if (stopped === "close") this.#socket.close(1000, "");
      if (stopped === "talk") this.#say(10_000, 1);
    }
  }

  closed(): void {
    this.#quit();
  }

  #hear(pcmu: Uint8Array): void {
    if (levelDbfs(decodeMulaw(pcmu)) > speechDbfs) {
      this.#loudMs += frameMs;
      this.#quietMs = 0;
      if (this.#loudMs >= startOfTurnMs && !this.#isSpokenTo) this.#spokenTo();
    } else {
      this.#quietMs += frameMs;
      if (this.#quietMs >= endOfTurnMs) this.#leftAlone();
    }
  }

  #spokenTo(): void {
    this.#isSpokenTo = true;
    const { interrupted = "clear" } = this.#manners;
    if (interrupted === "ignore" || this.#clock.nowMs() >= this.#playsUntilMs) return;
    if (interrupted !== "clear-only") this.#quit();
    if (interrupted !== "quiet") this.#socket.text(JSON.stringify({ event: "clear", streamSid: this.#streamSid }));
    if (interrupted === "clear") this.#playsUntilMs = this.#clock.nowMs();
  }

  #leftAlone(): void {
    this.#loudMs = 0;
    if (!this.#isSpokenTo) return;
    this.#isSpokenTo = false;
    const { replyMs = 6_000, replyAfterMs = 400 } = this.#manners;
    if (replyMs > 0) this.#later(replyAfterMs, () => this.#say(replyMs));
  }

  #say(ms: number, fixedPace?: number): void {
    const { chunkMs = 200 } = this.#manners;
    const pace = fixedPace ?? this.#manners.pace ?? 5;
    const pcmu = speech(ms);
    this.#playsUntilMs = Math.max(this.#playsUntilMs, this.#clock.nowMs()) + ms;
    for (let at = 0; at < ms; at += chunkMs) {
      this.#later(at / pace, () => this.#send(pcmu.subarray(at * 8, (at + chunkMs) * 8)));
    }
  }

  #send(plain: Uint8Array): void {
    const { spoil = (pcmu) => pcmu, wire = (media) => JSON.stringify(media), marks = true } = this.#manners;
    const audio = spoil(plain);
    const payload = Buffer.from(audio).toString("base64");
    const frame = wire({ event: "media", streamSid: this.#streamSid, media: { payload } }, audio);
    if (typeof frame === "string") this.#socket.text(frame);
    else this.#socket.binary(frame);
    if (marks) this.#socket.text(JSON.stringify({ event: "mark", streamSid: this.#streamSid, mark: { name: "chunk" } }));
  }

  #later(ms: number, action: () => void): void {
    this.#callOffs.push(this.#clock.after(ms, action));
  }

  #quit(): void {
    for (const callOff of this.#callOffs) callOff();
    this.#callOffs = [];
  }
}
