// The model leg's socket: dials OpenAI's Realtime API, or a server that speaks as it does. Not its messages (protocol/realtime), not when to dial again (call/).
// Follows https://developers.openai.com/api/docs/guides/realtime-websocket

import { dial as dialPlatform } from "#platform";
import type { Clock, ModelDialler, ModelEnd, ModelListener, ModelPort } from "../call/ports.ts";
import type { AgentConfig } from "../config/config.ts";
import type { DialEnd, DialListener, DialledSocket, Platform } from "../platform/seam.ts";
import { describeRefusal, readRefusal } from "../protocol/realtime/refusal.ts";

/** From the dial to the opening. Runtimes wait two minutes, which no caller does. */
export const HANDSHAKE_MS = 5_000;
/** How long the server may take to say why it refuses the handshake. */
export const REFUSAL_MS = 2_000;
/** How long the server may take to answer our close frame. */
export const MODEL_CLOSE_WAIT_MS = 5_000;
/** What may wait for a server that does not read: 90 s of speech as `input_audio_buffer.append`. */
export const MAX_BUFFERED_BYTES = 1_048_576;

/** RFC 6455 7.4.1: a normal end. */
const NORMAL = 1000;
/** RFC 6455 7.4.1: the connection broke without a close frame. */
const BROKEN = 1006;

/** Which server to dial, as what. */
export type OpenAiAgent = Extract<AgentConfig, { readonly type: "openai" }>;

const broken = (failure: string): ModelEnd => ({ code: BROKEN, reason: "", httpStatus: undefined, failure });

/** The end in the words of the call: what the server said at a refused handshake is read, and the key is not in it. */
function endOf({ code, reason, httpStatus, failure, refusal }: DialEnd, apiKey: string): ModelEnd {
  if (httpStatus === undefined || refusal === undefined) return { code, reason, httpStatus, failure };
  const read = readRefusal(httpStatus, refusal, apiKey);
  return { code, reason, httpStatus, failure: describeRefusal(read), errorCode: read.code, retryAfterMs: read.retryAfterMs };
}

/** One connection: the runtime's socket with a bound on every wait, and one end whoever comes first with it. */
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
      stopTimer = clock.after(REFUSAL_MS, () => socket.terminate()); // then `closed` comes with what is there
    },
    closed: (end) => ended(endOf(end, apiKey)),
  });
  let stopTimer = clock.after(HANDSHAKE_MS, () => drop(`no answer to the handshake for ${HANDSHAKE_MS / 1000} s`));
  return {
    send(text) {
      if (state !== "open") return;
      if (socket.bufferedBytes() > MAX_BUFFERED_BYTES) drop(`over ${MAX_BUFFERED_BYTES} bytes wait to go out: the server does not read`);
      else socket.sendText(text);
    },
    close() {
      if (state === "closing" || state === "closed") return;
      state = "closing";
      stopTimer();
      stopTimer = clock.after(MODEL_CLOSE_WAIT_MS, () => drop(`no answer to our close for ${MODEL_CLOSE_WAIT_MS / 1000} s`));
      socket.close(NORMAL, "");
    },
  };
}

/** Makes the dialler of an OpenAI agent. The listener is told of everything, a refused or unreachable server included, and never before `dial` has returned. */
export function modelSocket(agent: OpenAiAgent, clock: Clock, dial: Platform["dial"] = dialPlatform): ModelDialler {
  const url = new URL(agent.realtimeUrl);
  url.searchParams.set("model", agent.model);
  return {
    name: `OpenAI ${agent.model} at ${url.host}`,
    dial(_callSid, safetyIdentifier, listener) {
      const headers = {
        Authorization: `Bearer ${agent.apiKey}`,
        // A hash of the caller's number, so that one caller's abuse need not cost everybody the key. Never OpenAI-Beta: since 2026-05-12 the server ends such a session.
        "OpenAI-Safety-Identifier": safetyIdentifier,
      };
      return connect(clock, agent.apiKey, listener, (on) => dial(url.href, headers, on));
    },
  };
}
