// One stream of a call: what its socket brings becomes events, and what the call orders becomes messages. No rules.

import type { CallEvent } from "../../call/events.ts";
import type { CallerPort, Clock } from "../../call/ports.ts";
import type { Bad } from "../../protocol/bad.ts";
import { type FromTwilio, type StreamMessage, twilioFormatter } from "../../protocol/media-streams/media-streams.ts";
import { type CallerCodec, callerCodec } from "./caller-codec.ts";
import { type CallerMessageEffect, callerEvent, toTwilio } from "./translate.ts";

/** Receives what an attached socket brings. */
export interface CallerInput {
  /** `atMs`: when it was read; now, if omitted. */
  message(message: FromTwilio | Bad, atMs?: number): void;
  binary(bytes: number): void;
  closed(code: number, reason: string): void;
}

/** Steps an event of the call. */
export interface EventSink {
  take(event: CallEvent): void;
}

/** A class, with the driver itself as its sink: each object and closure on a frame's way is one more to fetch. */
export class CallerLink implements CallerInput {
  readonly port: CallerPort;
  readonly #streamSid: string;
  readonly #codec: CallerCodec | undefined;
  readonly #format: (message: StreamMessage) => string;
  readonly #clock: Clock;
  readonly #sink: EventSink;
  #isDetached = false;
  #isClosing = false;

  constructor(port: CallerPort, start: Extract<FromTwilio, { type: "start" }>, clock: Clock, sink: EventSink) {
    this.port = port;
    this.#streamSid = start.streamSid;
    this.#codec = callerCodec(start.mediaFormat);
    this.#format = twilioFormatter(start.streamSid);
    this.#clock = clock;
    this.#sink = sink;
  }

  /** Whether the socket has closed, or another one has taken its place. */
  get isDetached(): boolean {
    return this.#isDetached;
  }

  message(message: FromTwilio | Bad, atMs = this.#clock.nowMs()): void {
    const event = this.#isDetached ? undefined : callerEvent(message, this.#streamSid, atMs, this.#codec);
    if (event !== undefined) this.#sink.take(event);
  }

  binary(bytes: number): void {
    this.message({ bad: `expected text frames, got a binary one of ${bytes} bytes` });
  }

  closed(code: number, reason: string): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    this.#sink.take({ type: "caller.disconnected", atMs: this.#clock.nowMs(), epoch: this.#streamSid, code, reason });
  }

  /** Another socket takes its place: what this one brings is ignored, even under the same StreamSid. */
  replace(): void {
    this.#isDetached = true;
    this.port.close();
  }

  send(effect: CallerMessageEffect): void {
    this.port.send(this.#format(toTwilio(effect, this.#codec)));
  }

  /** Begins to close the socket, once. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.port.close();
  }
}
