// The server's side of one OpenAI Realtime session, as a state machine: text frames and the time go in, text frames go out. READ FIRST in this folder.
// No socket and no clock. Follows https://developers.openai.com/api/docs/guides/realtime-conversations , GA shape.
// It answers as the real one does, errors and all, closely enough that OpenAI's own clients take it for that (tests/e2e/official-clients.test.ts).

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

/** What can happen to a session: a frame came, or the time came that a `wake` asked for (or any other: an early one does no harm). */
export type SessionInput =
  | { readonly type: "text"; readonly text: string; readonly atMs: number }
  | { readonly type: "woke"; readonly atMs: number };

/**
 * What a session orders. `close` comes once, last: code 1006, which cannot be sent, asks for a connection that breaks. A `wake` replaces the one before.
 */
export type SessionOutput =
  | { readonly type: "send"; readonly text: string }
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  | { readonly type: "wake"; readonly atMs: number };

/** A session after a step, and what to do, in order. */
export interface SessionStep {
  readonly state: SessionState;
  readonly outputs: readonly SessionOutput[];
}

/** The longest session (developers.openai.com/api/docs/guides/realtime-conversations: 60 minutes). */
const LIFETIME_MS = 3_600_000;

/** Opens a session: `session.created` goes out unasked. `atMs` is in milliseconds since the Unix epoch, as in every input. */
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
    responding: [],
    responsesBegun: 0,
    turnsTranscribed: 0,
    transcriptions: [],
    heardTokens: { audio: 0, text: 0 },
    spoke: false,
    closed: false,
  };
  const work = workOn(state, atMs);
  const refusal = rules.faults.has("invalid-key") ? "invalid-key" : rules.faults.has("beta-disabled") ? "beta-disabled" : undefined;
  if (refusal === undefined) {
    work.events.push({ type: "session.created", session: state.config });
  } else {
    const { error, close } = rejectedSession(refusal);
    sendError(work, error, null);
    work.close = close;
  }
  return stepOf(work, true);
}

/** Takes one input: what is due by its time is done first, then the frame is answered. Never throws; after the close nothing happens any more. */
export function stepSession(state: SessionState, input: SessionInput): SessionStep {
  if (state.closed || state.rules.faults.has("silent")) return { state, outputs: [] };
  const before = deadlineMs(state);
  const work = workOn(state, input.atMs);
  advance(work);
  if (input.type === "text" && work.close === undefined) {
    takeText(work, input.text);
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

function takeText(work: SessionWork, text: string): void {
  const event = parseObject(text);
  const refusal = event === undefined ? notJson() : takeEvent(work, event);
  if (refusal === undefined) return;
  sendError(work, refusal.refused, typeof event?.event_id === "string" ? event.event_id : null);
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
    return undefined; // a SyntaxError: the client's mistake, which it is told
  }
}

/** The next time at which something is due by itself. */
function deadlineMs(state: SessionState): number {
  const pieces = state.responding.map((response) => response.nextAtMs);
  const transcripts = state.transcriptions.map((transcription) => transcription.dueAtMs);
  return Math.ceil(Math.min(state.expiresAtMs, ...pieces, ...transcripts));
}

/** Numbers and writes the step's events, and says when to wake. */
function stepOf(work: SessionWork, wake: boolean): SessionStep {
  const { faults, seed } = work.state.rules;
  const outputs: SessionOutput[] = [];
  let { nextEvent } = work.state;
  const send = (event: ServerEvent) => {
    outputs.push({ type: "send", text: JSON.stringify({ event_id: makeId("event", seed, nextEvent), ...event }) });
    nextEvent += 1;
  };
  for (const event of faults.has("silent") ? [] : work.events) {
    const spelled = faults.has("beta-event-names") ? betaEvent(event) : event;
    if (spelled !== undefined) send(spelled);
  }
  const state = { ...work.state, nextEvent, closed: work.close !== undefined };
  if (work.close !== undefined) outputs.push({ type: "close", ...work.close });
  else if (wake) outputs.push({ type: "wake", atMs: deadlineMs(state) });
  return { state, outputs };
}
