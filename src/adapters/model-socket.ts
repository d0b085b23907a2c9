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

/** One connection: the runtime's socket with a timeout on every wait. It ends once, by whatever happens first. */
function connect(clock: Clock, apiKey: string, listener: ModelListener, dial: (on: DialListener) => DialledSocket): ModelPort {
  let state: "dialling" | "open" | "closing" | "closed" = "dialling";
  const ended = (end: ModelEnd): void => {
    if (state === "closed") return;
    state = "closed";
    stopTimer();
    listener.closed(end);
  };
  const drop = (failure: string): void => {
    if (state === "closed") return;
    ended(broken(failure));
    socket.terminate();
  };
  const socket = dial({
    opened() {
      if (state !== "dialling") return;
      state = "open";
      stopTimer();
      listener.opened();
    },
    text(text) {
      if (state === "open") listener.text(text);
    },
    refused() {
      if (state !== "dialling") return;
      stopTimer();
      stopTimer = clock.after(REFUSAL_MS, () => socket.terminate()); // then `closed` reports what was read so far
    },
    closed: (end) => ended(endOf(end, apiKey, clock.nowMs())),
  });
  /** Unsent bytes at most: those at the last look, and all that was sent since. */
  let unsentMax = 0;
  let stopTimer = clock.after(HANDSHAKE_MS, () => drop(`no response to the handshake within ${HANDSHAKE_MS / 1000} s`));
  return {
    send(text) {
      if (state !== "open") return;
      if (unsentMax > MAX_BUFFERED_BYTES) unsentMax = socket.bufferedBytes();
      if (unsentMax > MAX_BUFFERED_BYTES) drop(`over ${MAX_BUFFERED_BYTES} bytes are unsent: the server does not read`);
      else {
        unsentMax += text.length * MAX_UTF8_BYTES + MAX_FRAME_HEAD_BYTES;
        socket.sendText(text);
      }
    },
    close() {
      if (state === "closing" || state === "closed") return;
      state = "closing";
      stopTimer();
      stopTimer = clock.after(MODEL_CLOSE_WAIT_MS, () => drop(`no answer to our close frame within ${MODEL_CLOSE_WAIT_MS / 1000} s`));
      socket.close(NORMAL, "");
    },
  };
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
      return connect(clock, choice.apiKey, listener, (on) => dial(url.href, headers, on));
    },
  };
}
