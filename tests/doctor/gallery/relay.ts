// A server's stream that relays between the caller and a Realtime model, as the public samples do it: the model's
// audio goes to the caller as it comes, each piece with a mark, and speech_started clears what is not played yet and
// truncates the model's answer. Its habits are what the samples do differently, or wrong.
// Follows https://developers.openai.com/api/docs/guides/realtime-websocket

import * as platform from "#platform";
import type { Clock } from "../../../src/call/ports.ts";
import type { DialledSocket } from "../../../src/platform/seam.ts";
import type { FromTwilio } from "./agent.ts";
import type { StreamListener, StreamSocket } from "./exhibit.ts";
import { GALLERY_MODEL_KEY } from "./model.ts";

/** Defaults: as a good relay. */
export interface RelayHabits {
  readonly modelUrl: string;
  readonly apiKey?: string;
  /** Sends the header with which clients asked for the beta. */
  readonly betaHeader?: boolean;
  /** Configures the session in the beta's shape, which the model refuses. */
  readonly betaSession?: boolean;
  /** Waits for the beta's names of events. */
  readonly betaEvents?: boolean;
  readonly dialsAt?: "connection" | "start";
  readonly updateAfterMs?: number;
  readonly marks?: "same" | "numbered" | "nameless" | "none";
  /** On speech_started. */
  readonly interrupted?: "clear" | "ignore";
  /** When the model cannot be reached. */
  readonly modelFailed?: "ignore" | "close";
}

const ulaw = { type: "audio/pcmu" };
const session = { type: "realtime", output_modalities: ["audio"], audio: { input: { format: ulaw }, output: { format: ulaw } } };
const betaSession = { modalities: ["text", "audio"], input_audio_format: "g711_ulaw", output_audio_format: "g711_ulaw" };

/** A relay of its own for each stream. */
export const relay =
  (clock: Clock, habits: RelayHabits): ((socket: StreamSocket) => StreamListener) =>
  (socket) =>
    new Relay(clock, habits).take(socket);

/** One relay for all streams: a new caller replaces the one before. */
export function sharedRelay(clock: Clock, habits: RelayHabits): (socket: StreamSocket) => StreamListener {
  const only = new Relay(clock, habits);
  return (socket) => only.take(socket);
}

interface FromModel {
  readonly type: string;
  readonly delta?: string;
  readonly item_id?: string;
}

class Relay {
  readonly #clock: Clock;
  readonly #habits: RelayHabits;
  #caller: StreamSocket | undefined;
  #model: DialledSocket | undefined;
  #streamSid: string | undefined;
  #latestMs = 0;
  /** The answer that the caller hears. */
  #item: { readonly id: string; readonly startedAtMs: number } | undefined;
  #marksSent = 0;
  #marksReturned = 0;

  constructor(clock: Clock, habits: RelayHabits) {
    this.#clock = clock;
    this.#habits = habits;
  }

  take(socket: StreamSocket): StreamListener {
    this.#caller?.close(1005, "");
    this.#caller = socket;
    if (this.#habits.dialsAt !== "start") this.#dial();
    return { text: (text) => this.#onMessage(JSON.parse(text) as FromTwilio), closed: () => this.#onCallerClosed() };
  }

  #onMessage({ event, start, media, streamSid }: FromTwilio & { readonly media?: { readonly timestamp?: string } }): void {
    if (event === "start" && start !== undefined) {
      this.#streamSid = streamSid;
      this.#latestMs = 0;
      this.#item = undefined;
      if (this.#habits.dialsAt === "start") this.#dial();
    } else if (event === "media" && media !== undefined) {
      this.#latestMs = Number(media.timestamp);
      this.#model?.sendText(JSON.stringify({ type: "input_audio_buffer.append", audio: media.payload }));
    } else if (event === "mark") this.#marksReturned += 1;
  }

  /** Where all streams share one relay, this ends the caller who came later, too. */
  #onCallerClosed(): void {
    this.#model?.close(1000, "");
    this.#caller?.close(1005, "");
    this.#model = undefined;
    this.#caller = undefined;
    this.#streamSid = undefined;
    this.#item = undefined;
  }

  #dial(): void {
    const { modelUrl, apiKey = GALLERY_MODEL_KEY, betaHeader, updateAfterMs = 100, modelFailed } = this.#habits;
    const headers = { Authorization: `Bearer ${apiKey}`, ...(betaHeader === true ? { "OpenAI-Beta": "realtime=v1" } : {}) };
    const update = { type: "session.update", session: this.#habits.betaSession === true ? betaSession : session };
    const model = platform.dial(modelUrl, headers, {
      opened: () => void this.#clock.after(updateAfterMs, () => model.sendText(JSON.stringify(update))),
      text: (text) => this.#onModelEvent(JSON.parse(text) as FromModel),
      closed: () => {
        if (modelFailed === "close") this.#caller?.close(1011, "The session could not be started.");
      },
    });
    this.#model = model;
  }

  #onModelEvent({ type, delta, item_id }: FromModel): void {
    const audio = this.#habits.betaEvents === true ? "response.audio.delta" : "response.output_audio.delta";
    if (type === audio && delta !== undefined && item_id !== undefined) this.#play(delta, item_id);
    if (type === "input_audio_buffer.speech_started" && this.#habits.interrupted !== "ignore") this.#interrupt();
  }

  #play(payload: string, itemId: string): void {
    const { marks = "same" } = this.#habits;
    this.#send({ event: "media", media: { payload } });
    this.#item = { startedAtMs: this.#item?.startedAtMs ?? this.#latestMs, id: itemId };
    if (marks === "none") return;
    this.#marksSent += 1;
    const name = marks === "numbered" ? `${itemId}:${this.#marksSent}` : "part";
    this.#send(marks === "nameless" ? { event: "mark" } : { event: "mark", mark: { name } });
  }

  /** Only where marks are missing at all, or have not all returned, is there anything to stop. */
  #interrupt(): void {
    const { marks = "same" } = this.#habits;
    const isPlayed = (marks === "same" || marks === "numbered") && this.#marksReturned >= this.#marksSent;
    if (this.#item === undefined || isPlayed) return;
    const { id, startedAtMs } = this.#item;
    const truncation = { item_id: id, content_index: 0, audio_end_ms: Math.max(0, this.#latestMs - startedAtMs) };
    this.#model?.sendText(JSON.stringify({ type: "conversation.item.truncate", ...truncation }));
    this.#send({ event: "clear" });
    this.#item = undefined;
  }

  #send(message: object): void {
    this.#caller?.text(JSON.stringify({ streamSid: this.#streamSid, ...message }));
  }
}
