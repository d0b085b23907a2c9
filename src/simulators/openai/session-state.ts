// The state of one Realtime session on the server's side, and the work of one step on it. Not what the events do: that is model.ts and below.

import type { AudioFormat } from "./audio-format.ts";
import type { Brain, BrainInput, BrainReply } from "./brains/brain.ts";
import type { Modality, SessionConfig } from "./config/session-config.ts";
import type { Conversation, ConversationItem } from "./conversation.ts";
import type { SessionClose, WireFault } from "./faults.ts";
import type { InputBuffer } from "./input/input-buffer.ts";
import type { ApiError } from "./rejections.ts";

/** How a session is to behave. */
export interface SessionOptions {
  readonly brain: Brain;
  /** The `model` of the URL. */
  readonly model: string;
  /** Makes the ids of this session differ from another's; any whole number. */
  readonly seed: number;
  /** From a response's creation to its first audio; 0 unless given. */
  readonly thinkMs?: number;
  /** How much faster than real time audio is sent; 5.5 unless given, as measured of gpt-realtime-2.1. */
  readonly speedUp?: number;
  /** The session's longest time; OpenAI's 60 minutes unless given. */
  readonly lifetimeMs?: number;
  readonly faults?: readonly WireFault[];
}

/** Options with nothing left out. */
export interface SessionRules {
  readonly brain: Brain;
  readonly seed: number;
  readonly thinkMs: number;
  readonly speedUp: number;
  readonly lifetimeMs: number;
  readonly faults: ReadonlySet<WireFault>;
}

/** An event to the client, without its `event_id`, which is given on the way out. */
export type ServerEvent = { readonly type: string; readonly [field: string]: unknown };

/** The output item that is being said: what is to be said, and how much of it is out. */
export interface OpenItem {
  readonly id: string;
  /** Audio in the response's format, text, or the arguments of a call. */
  readonly audio: Uint8Array;
  readonly text: string;
  readonly sentBytes: number;
  readonly sentChars: number;
}

/** A response in progress. */
export interface ActiveResponse {
  readonly id: string;
  /** Null: beside the conversation. */
  readonly conversationId: string | null;
  readonly metadata: unknown;
  readonly modality: Modality;
  readonly format: AudioFormat;
  readonly voice: unknown;
  readonly maxOutputTokens: number | "inf";
  readonly reply: BrainReply;
  /** Tokens that were read to answer. */
  readonly inputTokens: { readonly audio: number; readonly text: number };
  readonly open: OpenItem | undefined;
  /** The items that are said. */
  readonly output: readonly ConversationItem[];
  readonly saidMs: number;
  /** When the next piece is due; Infinity when it never is. */
  readonly nextAtMs: number;
}

/** A transcript that is on its way. */
export interface Transcription {
  readonly itemId: string;
  readonly transcript: string;
  readonly seconds: number;
  readonly dueAtMs: number;
}

/** A Realtime session. */
export interface SessionState {
  readonly rules: SessionRules;
  readonly nextId: number;
  readonly nextEvent: number;
  readonly expiresAtMs: number;
  readonly config: SessionConfig;
  readonly conversation: Conversation;
  readonly buffer: InputBuffer;
  /** The id of the item that the turn being spoken will have. */
  readonly turnItemId: string | undefined;
  /** What was said and not answered yet. */
  readonly unanswered: readonly BrainInput[];
  readonly responding: readonly ActiveResponse[];
  readonly responsesBegun: number;
  readonly turnsTranscribed: number;
  readonly transcriptions: readonly Transcription[];
  /** Tokens of all that the conversation heard. */
  readonly heardTokens: { readonly audio: number; readonly text: number };
  /** Assistant audio is present: the voice is fixed. */
  readonly spoke: boolean;
  readonly closed: boolean;
}

/** One step's work: a state that is replaced, and what goes out meanwhile. It lives no longer than the step. */
export interface SessionWork {
  state: SessionState;
  readonly atMs: number;
  readonly events: ServerEvent[];
  close: SessionClose | undefined;
}

/** Changes some fields of the state. */
export function change(work: SessionWork, fields: Partial<SessionState>): void {
  work.state = { ...work.state, ...fields };
}

/** Makes an id: "item_", "resp_" and so on with the session's seed and a number, 21 characters and more as the API's. */
export function newId(work: SessionWork, prefix: string): string {
  const id = makeId(prefix, work.state.rules.seed, work.state.nextId);
  change(work, { nextId: work.state.nextId + 1 });
  return id;
}

/** The id of this kind, session and number. */
export function makeId(prefix: string, seed: number, number: number): string {
  return `${prefix}_${seed.toString(36).padStart(8, "0")}${number.toString(36).padStart(8, "0")}`;
}

/** Sends an `error` event. `eventId` is that of the client event to blame, null where none is. */
export function sendError(work: SessionWork, error: ApiError, eventId: string | null): void {
  work.events.push({ type: "error", error: { ...error, event_id: eventId } });
}
