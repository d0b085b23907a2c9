// The ports of a call: what the driver needs of the world, as types. adapters/ fill them; tests fill them with fakes of ours.

import type { LogFields, LogLevel } from "./effects.ts";
import type { CallRecord } from "./record.ts";

/** The caller leg's socket: text frames of Media Streams. */
export interface CallerPort {
  /** Sends a text frame; false when it was dropped. */
  send(text: string): boolean;
  /** Closes with 1000; Twilio then goes on with what follows `<Connect>`. */
  close(): void;
}

/** How a connection to the model ended, or that it never opened. */
export interface ModelEnd {
  readonly code: number;
  readonly reason: string;
  readonly httpStatus: number | undefined;
  /** In words, for people: what the server said when it refused the handshake, or the runtime's own. Holds no key. */
  readonly failure: string | undefined;
  /** `error.code` of the JSON in which the server refused the handshake: "invalid_api_key", "rate_limit_exceeded". */
  readonly errorCode?: string | undefined;
  /** The refused handshake's Retry-After, milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Told of what happens on a connection to the model. `closed` comes once, last. */
export interface ModelListener {
  opened(): void;
  text(text: string): void;
  closed(end: ModelEnd): void;
}

/** A connection to the model: text frames of Realtime. */
export interface ModelPort {
  send(text: string): void;
  close(): void;
}

/** Dials the model: OpenAI's socket, a built-in model, or a scripted one. Never calls the listener before it has returned. */
export interface ModelDialler {
  /** What answers, for people: "OpenAI gpt-realtime-2.1 at api.openai.com", "the built-in agent". */
  readonly name: string;
  /** `safetyIdentifier` is a stable hash of the caller's number, never the number. */
  dial(callSid: string, safetyIdentifier: string, listener: ModelListener): ModelPort;
}

/** Keeps call records. May be slow or hang: nothing waits for it. */
export interface RecordStore {
  save(record: CallRecord): void;
}

/** One clock for everything. */
export interface Clock {
  /** Milliseconds since the Unix epoch; never goes back, whatever is done to the system's time. */
  nowMs(): number;
  /** Calls back once after `ms`; returns how to call it off. */
  after(ms: number, callback: () => void): () => void;
}

/** Writes one log event with its fields; masks secrets and telephone numbers. */
export type Log = (level: LogLevel, event: string, fields: LogFields) => void;
