// The server's side of one OpenAI Realtime session, GA shape. READ FIRST in this folder.
//
// A pure state machine. `openSession` and `stepSession` take the state, the client's text frames and the time, and
// return the new state and the outputs: frames to send, a close, and the time to wake. What the model says comes from a
// brain (brains/), which is a function; how it misbehaves comes from faults.ts.
//
// A step runs on a SessionWork (session-state.ts), which collects the events. client-events.ts has one handler per
// client event. The caller's audio goes through input/ (buffer, voice activity, turns), responses are sent by output/,
// and config/ checks and merges `session.update`. It shares no Realtime code with voice, so that both cannot have the
// same bug; tests/e2e/official-clients.test.ts runs OpenAI's own clients against it. Follows
// https://developers.openai.com/api/docs/guides/realtime-conversations

import { betaEvent } from "./beta-event.ts";
import { clientEvents } from "./client-events.ts";
import { isObject } from "./config/json-checks.ts";
import { defaultSession } from "./config/session-config.ts";
import { rejectedSession } from "./faults.ts";
import { EMPTY_BUFFER } from "./input/input-buffer.ts";
import { advanceTranscriptions } from "./input/turns.ts";
import { advanceResponses } from "./output/responses.ts";
import { missing, notAmong, notJson, type Rejection, sessionExpired, wrongType } from "./rejections.ts";
import {
  makeId,
  type ServerEvent,
  type SessionOptions,
  type SessionRules,
  type SessionState,
  type SessionWork,
  sendError,
} from "./session-state.ts";

/** `woke` answers a `wake` output. An early or extra one does no harm. `atMs`: milliseconds since the Unix epoch. */
export type SessionInput =
  | { readonly type: "text"; readonly text: string; readonly atMs: number }
  | { readonly type: "woke"; readonly atMs: number };

/**
 * What to do on the socket. `close` comes once, last; code 1006 means to break the connection without a close frame.
 * `wake` requests the input `woke` at a time, replacing the previous request.
 */
export type SessionOutput =
  | { readonly type: "send"; readonly text: string }
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  | { readonly type: "wake"; readonly atMs: number };

export interface SessionStep {
  readonly state: SessionState;
  readonly outputs: readonly SessionOutput[];
}

/** The longest session, 60 minutes (developers.openai.com/api/docs/guides/realtime-conversations). */
const LIFETIME_MS = 3_600_000;

/** Opens a session. `session.created` is sent at once. */
export function openSession(options: SessionOptions, atMs: number): SessionStep {
  const rules: SessionRules = {
    brain: options.brain,
    seed: options.seed,
    thinkMs: options.thinkMs ?? 0,
    speedUp: options.speedUp ?? 5.5,
    lifetimeMs: options.lifetimeMs ?? LIFETIME_MS,
    faults: new Set(options.faults),
  };
  const expiresAtMs = atMs + rules.lifetimeMs;
  const state: SessionState = {
    rules,
    nextId: 1,
    nextEvent: 1,
    expiresAtMs,
    config: defaultSession(makeId("sess", rules.seed, 0), options.model, Math.floor(expiresAtMs / 1000)),
    conversation: [],
    buffer: EMPTY_BUFFER,
    turnItemId: undefined,
    unanswered: [],
    activeResponses: [],
    responsesStarted: 0,
    turnsTranscribed: 0,
    transcriptions: [],
    contextTokens: { audio: 0, text: 0 },
    hasSpoken: false,
    closed: false,
  };
  const work = workOn(state, atMs);
  const fault = rules.faults.has("invalid-key") ? "invalid-key" : rules.faults.has("beta-disabled") ? "beta-disabled" : undefined;
  if (fault === undefined) {
    work.events.push({ type: "session.created", session: state.config });
  } else {
    const { error, close } = rejectedSession(fault);
    sendError(work, error, null);
    work.close = close;
  }
  return stepOf(work, true);
}

/** Does what is due by the input's time, then answers the frame. Never throws. Does nothing after the close. */
export function stepSession(state: SessionState, input: SessionInput): SessionStep {
  if (state.closed || state.rules.faults.has("silent")) return { state, outputs: [] };
  const before = deadlineMs(state);
  const work = workOn(state, input.atMs);
  advance(work);
  if (input.type === "text" && work.close === undefined) {
    takeFrame(work, input.text);
    advance(work);
  }
  return stepOf(work, input.type === "woke" || deadlineMs(work.state) !== before);
}

function workOn(state: SessionState, atMs: number): SessionWork {
  return { state, atMs, events: [], close: undefined };
}

function advance(work: SessionWork): void {
  if (work.close !== undefined) return;
  advanceTranscriptions(work);
  advanceResponses(work);
  if (work.close !== undefined || work.atMs < work.state.expiresAtMs) return;
  sendError(work, sessionExpired(work.state.rules.lifetimeMs / 60_000), null);
  work.close = { code: 1001, reason: "session_expired" };
}

function takeFrame(work: SessionWork, text: string): void {
  const event = parseObject(text);
  const rejection = event === undefined ? notJson() : takeEvent(work, event);
  if (rejection === undefined) return;
  sendError(work, rejection.rejected, typeof event?.event_id === "string" ? event.event_id : null);
}

function takeEvent(work: SessionWork, event: Readonly<Record<string, unknown>>): Rejection | undefined {
  if (event.event_id !== undefined && typeof event.event_id !== "string") return wrongType("event_id", "a string", event.event_id);
  if (event.type === undefined) return missing("type");
  const answer = typeof event.type === "string" && Object.hasOwn(clientEvents, event.type) ? clientEvents[event.type] : undefined;
  return answer === undefined ? notAmong("type", event.type, Object.keys(clientEvents)) : answer(work, event);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // a SyntaxError; the client gets an error event
  }
}

/** When something is due without input. */
function deadlineMs(state: SessionState): number {
  const pieces = state.activeResponses.map((response) => response.nextAtMs);
  const transcripts = state.transcriptions.map((transcription) => transcription.dueAtMs);
  return Math.ceil(Math.min(state.expiresAtMs, ...pieces, ...transcripts));
}

/** Turns the step's events into outputs, each with its `event_id`, and adds the close or the wake. */
function stepOf(work: SessionWork, wake: boolean): SessionStep {
  const { faults, seed } = work.state.rules;
  const outputs: SessionOutput[] = [];
  let { nextEvent } = work.state;
  const send = (event: ServerEvent) => {
    outputs.push({ type: "send", text: JSON.stringify({ event_id: makeId("event", seed, nextEvent), ...event }) });
    nextEvent += 1;
  };
  for (const event of faults.has("silent") ? [] : work.events) {
    const renamed = faults.has("beta-event-names") ? betaEvent(event) : event;
    if (renamed !== undefined) send(renamed);
  }
  const state = { ...work.state, nextEvent, closed: work.close !== undefined };
  if (work.close !== undefined) outputs.push({ type: "close", ...work.close });
  else if (wake) outputs.push({ type: "wake", atMs: deadlineMs(state) });
  return { state, outputs };
}
