// The model leg's socket: dials OpenAI's Realtime API or a compatible server. Its messages: protocol/realtime. When to
// dial again: call/. Follows https://developers.openai.com/api/docs/guides/realtime-websocket

import { dial as dialPlatform } from "#platform";
import type { Clock, ModelDialler, ModelEnd, ModelListener, ModelPort } from "../call/ports.ts";
import type { ModelChoice } from "../config/agents/agent.ts";
import type { DialEnd, DialListener, DialledSocket, Platform } from "../platform/seam.ts";
import { describeRefusal, readRefusal } from "../protocol/realtime/refusal.ts";

/** From dialling to the open socket. Runtimes would wait two minutes, longer than a caller does. */
export const HANDSHAKE_MS = 5_000;
/** For the body of a refused handshake. */
export const REFUSAL_MS = 2_000;
/** For the server's answer to our close frame. */
export const MODEL_CLOSE_WAIT_MS = 5_000;
/** Unsent bytes, when the server does not read: 90 s of speech as `input_audio_buffer.append`. */
export const MAX_BUFFERED_BYTES = 1_048_576;

/** Of a UTF-16 code unit: RFC 3629 section 3. */
const MAX_UTF8_BYTES = 3;
/** RFC 6455 5.2: with a length of 64 bits and a masking key. */
const MAX_FRAME_HEAD_BYTES = 14;

/** RFC 6455 7.4.1: normal closure. */
const NORMAL = 1000;
/** RFC 6455 7.4.1: the connection broke without a close frame. */
const BROKEN = 1006;

/** A model that needs a key. */
export type OpenAiModel = Extract<ModelChoice, { readonly type: "openai" }>;

const broken = (failure: string): ModelEnd => ({ code: BROKEN, reason: "", httpStatus: undefined, failure });

/** Converts the end to the call's terms. It reads the body of a refused handshake, and removes the API key from it. */
function endOf({ code, reason, httpStatus, failure, refusal }: DialEnd, apiKey: string, nowMs: number): ModelEnd {
  if (httpStatus === undefined || refusal === undefined) return { code, reason, httpStatus, failure };
  const read = readRefusal(httpStatus, refusal, apiKey, nowMs);
  return { code, reason, httpStatus, failure: describeRefusal(read), errorCode: read.code, retryAfterMs: read.retryAfterMs };
}

/**
 * One connection: the runtime's socket with a timeout on every wait. It ends once, by whatever happens first. A class:
 * one object to fetch for each message, where closures would be several.
 */
class ModelConnection implements ModelPort, DialListener {
  readonly #clock: Clock;
  readonly #apiKey: string;
  readonly #listener: ModelListener;
  readonly #socket: DialledSocket;
  #state: "dialling" | "open" | "closing" | "closed" = "dialling";
  /** Unsent bytes at most: those at the last look, and all that was sent since. */
  #unsentMax = 0;
  #stopTimer: () => void;

  constructor(clock: Clock, apiKey: string, listener: ModelListener, dial: (on: DialListener) => DialledSocket) {
    this.#clock = clock;
    this.#apiKey = apiKey;
    this.#listener = listener;
    this.#socket = dial(this);
    this.#stopTimer = clock.after(HANDSHAKE_MS, () => this.#drop(`no response to the handshake within ${HANDSHAKE_MS / 1000} s`));
  }

  opened(): void {
    if (this.#state !== "dialling") return;
    this.#state = "open";
    this.#stopTimer();
    this.#listener.opened();
  }

  text(text: string): void {
    if (this.#state === "open") this.#listener.text(text);
  }

  refused(): void {
    if (this.#state !== "dialling") return;
    this.#stopTimer();
    this.#stopTimer = this.#clock.after(REFUSAL_MS, () => this.#socket.terminate()); // then `closed` reports what was read so far
  }

  closed(end: DialEnd): void {
    this.#end(endOf(end, this.#apiKey, this.#clock.nowMs()));
  }

  send(text: string): void {
    if (this.#state !== "open") return;
    if (this.#unsentMax > MAX_BUFFERED_BYTES) this.#unsentMax = this.#socket.bufferedBytes();
    if (this.#unsentMax > MAX_BUFFERED_BYTES) {
      this.#drop(`over ${MAX_BUFFERED_BYTES} bytes are unsent: the server does not read`);
      return;
    }
    this.#unsentMax += text.length * MAX_UTF8_BYTES + MAX_FRAME_HEAD_BYTES;
    this.#socket.sendText(text);
  }

  close(): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    this.#state = "closing";
    this.#stopTimer();
    const failure = `no answer to our close frame within ${MODEL_CLOSE_WAIT_MS / 1000} s`;
    this.#stopTimer = this.#clock.after(MODEL_CLOSE_WAIT_MS, () => this.#drop(failure));
    this.#socket.close(NORMAL, "");
  }

  #drop(failure: string): void {
    if (this.#state === "closed") return;
    this.#end(broken(failure));
    this.#socket.terminate();
  }

  #end(end: ModelEnd): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#stopTimer();
    this.#listener.closed(end);
  }
}

/** The listener receives every outcome, refused and unreachable servers included, and never before `dial` returns. */
export function modelSocket(choice: OpenAiModel, clock: Clock, dial: Platform["dial"] = dialPlatform): ModelDialler {
  const url = new URL(choice.realtimeUrl);
  url.searchParams.set("model", choice.model);
  return {
    name: `OpenAI ${choice.model} at ${url.host}`,
    dial(_callSid, safetyIdentifier, listener) {
      const headers = {
        Authorization: `Bearer ${choice.apiKey}`,
        // A hash of the caller's number, so that OpenAI can block one abusive caller instead of the key. Never
        // OpenAI-Beta: since 2026-05-12 the server ends such a session.
        "OpenAI-Safety-Identifier": safetyIdentifier,
      };
      return new ModelConnection(clock, choice.apiKey, listener, (on) => dial(url.href, headers, on));
    },
  };
}
