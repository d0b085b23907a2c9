// The state of one Realtime session on the server's side, and the helpers that change it. No rules: those start in
// realtime-session.ts.

import type { AudioFormat } from "./audio-format.ts";
import type { Brain, BrainInput, BrainReply } from "./brains/brain.ts";
import type { Modality, SessionConfig } from "./config/session-config.ts";
import type { Conversation, ConversationItem } from "./conversation.ts";
import type { SessionClose, WireFault } from "./faults.ts";
import type { InputBuffer } from "./input/input-buffer.ts";
import type { ApiError } from "./rejections.ts";

export interface SessionOptions {
  readonly brain: Brain;
  /** The `model` parameter of the URL. */
  readonly model: string;
  /** Any integer. Sessions with different seeds have different ids. */
  readonly seed: number;
  /** From a response's creation to its first audio. Default 0. */
  readonly thinkMs?: number;
  /** How much faster than real time audio is sent. Default 5.5, as measured with gpt-realtime-2.1. */
  readonly speedUp?: number;
  /** Default: OpenAI's 60 minutes. */
  readonly lifetimeMs?: number;
  readonly faults?: readonly WireFault[];
}

/** {@link SessionOptions} with defaults filled in. */
export interface SessionRules {
  readonly brain: Brain;
  readonly seed: number;
  readonly thinkMs: number;
  readonly speedUp: number;
  readonly lifetimeMs: number;
  readonly faults: ReadonlySet<WireFault>;
}

/** An event to the client, without its `event_id`, which is added when it is sent. */
export type ServerEvent = { readonly type: string; readonly [field: string]: unknown };

/** The output item in progress: its whole content, and how much of it has been sent. */
export interface OpenItem {
  readonly id: string;
  /** In the response's format. Empty for a text response. */
  readonly audio: Uint8Array;
  readonly text: string;
  readonly sentBytes: number;
  readonly sentChars: number;
}

export interface ActiveResponse {
  readonly id: string;
  /** Null: outside the conversation. */
  readonly conversationId: string | null;
  readonly metadata: unknown;
  readonly modality: Modality;
  readonly format: AudioFormat;
  readonly voice: unknown;
  readonly maxOutputTokens: number | "inf";
  readonly reply: BrainReply;
  readonly inputTokens: { readonly audio: number; readonly text: number };
  readonly open: OpenItem | undefined;
  /** The finished items. */
  readonly output: readonly ConversationItem[];
  readonly sentMs: number;
  /** When the next piece is due. Infinity: never. */
  readonly nextAtMs: number;
}

/** A transcript that is not sent yet. */
export interface PendingTranscript {
  readonly itemId: string;
  readonly transcript: string;
  readonly seconds: number;
  readonly dueAtMs: number;
}

export interface SessionState {
  readonly rules: SessionRules;
  readonly nextId: number;
  readonly nextEvent: number;
  readonly expiresAtMs: number;
  readonly config: SessionConfig;
  readonly conversation: Conversation;
  readonly buffer: InputBuffer;
  /** The item id of the turn in progress. */
  readonly turnItemId: string | undefined;
  /** The user's input since the last response. */
  readonly unanswered: readonly BrainInput[];
  readonly activeResponses: readonly ActiveResponse[];
  readonly responsesStarted: number;
  readonly turnsTranscribed: number;
  readonly transcriptions: readonly PendingTranscript[];
  /** Tokens of all input in the conversation. */
  readonly contextTokens: { readonly audio: number; readonly text: number };
  /** Assistant audio is present, so the voice can no longer change. */
  readonly hasSpoken: boolean;
  readonly closed: boolean;
}

/** One step in progress: the state, which is replaced, and the events to send. It is discarded after the step. */
export interface SessionWork {
  state: SessionState;
  readonly atMs: number;
  readonly events: ServerEvent[];
  close: SessionClose | undefined;
}

export function change(work: SessionWork, fields: Partial<SessionState>): void {
  work.state = { ...work.state, ...fields };
}

/** A new id with a prefix such as "item" or "resp". */
export function newId(work: SessionWork, prefix: string): string {
  const id = makeId(prefix, work.state.rules.seed, work.state.nextId);
  change(work, { nextId: work.state.nextId + 1 });
  return id;
}

/** An id from a prefix, the session's seed and a number. At least 21 characters, as the API's. */
export function makeId(prefix: string, seed: number, number: number): string {
  return `${prefix}_${seed.toString(36).padStart(8, "0")}${number.toString(36).padStart(8, "0")}`;
}

/** Sends an `error` event. `eventId`: of the client event that caused it; null if none did. */
export function sendError(work: SessionWork, error: ApiError, eventId: string | null): void {
  work.events.push({ type: "error", error: { ...error, event_id: eventId } });
}
