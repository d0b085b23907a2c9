// Ports: what the driver of a call needs from the world, as types. adapters/ implement them; tests have their own
// fakes.

import type { FunctionCall } from "../protocol/realtime/realtime.ts";
import type { Effect, LogFields, LogLevel } from "./effects.ts";
import type { EndReason } from "./end-reason.ts";
import type { CallEvent, CallIdentity } from "./events.ts";
import type { CallRecord, TurnRecord } from "./record.ts";

/** The caller leg's socket: text frames of Media Streams. */
export interface CallerPort {
  /** Sends a text frame; false when it was dropped. */
  send(text: string): boolean;
  /** Runs `work`, which sends. What it sends goes out in order, in one write if the runtime can. */
  batch(work: () => void): void;
  /** Closes with 1000; Twilio then continues after `<Connect>`. */
  close(): void;
}

/** How a connection to the model ended, or why it never opened. */
export interface ModelEnd {
  readonly code: number;
  readonly reason: string;
  readonly httpStatus: number | undefined;
  /** For people: what the server said when it rejected the handshake, or the runtime's message. Contains no key. */
  readonly failure: string | undefined;
  /** `error.code` in the JSON body of a rejected handshake: "invalid_api_key", "rate_limit_exceeded". */
  readonly errorCode?: string | undefined;
  /** Retry-After of a rejected handshake, milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Receives what happens on a connection to the model. `closed` is called once, last. */
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

/** Dials the model: OpenAI, the built-in model, or a scripted one. Never calls the listener before it has returned. */
export interface ModelDialler {
  /** Who answers calls, for people: "OpenAI gpt-realtime-2.1 at api.openai.com", "the built-in agent". */
  readonly name: string;
  /** `safetyIdentifier` is a stable hash of the caller's number, never the number. */
  dial(callSid: string, safetyIdentifier: string, listener: ModelListener): ModelPort;
}

export interface ToolCall extends FunctionCall {
  /** What the caller has typed, by kind. It may be secret: it is only for requests that name it. */
  readonly typed: Readonly<Record<string, string>>;
}

/** Runs the tools of an agent. */
export interface ToolPort {
  /**
   * Runs a tool, within a time limit of its own. `returned` is called once, later, with the result for the model, in
   * words if it failed. `ended` aborts when the call is over.
   */
  run(call: ToolCall, identity: CallIdentity, ended: AbortSignal, returned: (output: string) => void): void;
}

/** Stores call records. It may be slow or hang: nothing waits for it. */
export interface RecordStore {
  save(record: CallRecord): void;
}

/** Keeps what agents have spent, by the day (UTC): US dollars. */
export interface SpendingPort {
  /** Adds, and returns the sum of that day. */
  add(agent: string, usd: number, atMs: number): number;
  spentUsd(agent: string, atMs: number): number;
}

/** Messages of one call so far. */
export interface FrameCounts {
  /** Messages with audio, by leg and direction as voice sees them. */
  readonly callerReceived: number;
  readonly callerSent: number;
  readonly modelReceived: number;
  readonly modelSent: number;
  /** Messages that could not be read. */
  readonly callerBad: number;
  readonly modelBad: number;
}

/**
 * Sees what happens on one call: every event and effect except those with audio, which are only counted. It changes
 * nothing. Metrics and traces are made of it.
 */
export interface CallWatch {
  /** Whether it wants to see the next `model.audio` too. Asked after each event that it has seen. */
  readonly awaitsAudio: boolean;
  /** Before the event changes the call. */
  event(event: CallEvent): void;
  /** After the effect was performed. */
  effect(effect: Effect, atMs: number): void;
  /** The turns of the call have changed: those that the call remembers, of which the first is the call's `first`. */
  turned?(turns: readonly TurnRecord[], first: number): void;
  /** Once, last. */
  ended(end: EndReason, frames: FrameCounts, atMs: number): void;
}

/** Which model answers a call, and where it is. */
export interface ModelFacts {
  /** As OpenTelemetry's gen_ai.provider.name has it: "openai"; "voice" for the built-in agent, which has no more. */
  readonly provider: string;
  readonly model: string | undefined;
  readonly serverAddress: string | undefined;
  readonly serverPort: number | undefined;
}

/** A call whose webhook has just arrived. */
export interface ObservedCall {
  readonly identity: CallIdentity;
  readonly atMs: number;
  /** The name of the agent that answers. */
  readonly agent: string;
  readonly model: ModelFacts;
}

/** Sees every call from its webhook on. */
export type CallObserver = (call: ObservedCall) => CallWatch;

/** One clock for everything. */
export interface Clock {
  /** Milliseconds since the Unix epoch; never goes back, even when the system's time is set. */
  nowMs(): number;
  /** Calls back once after `ms`; returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** Writes one log event with its fields; masks secrets and telephone numbers. */
export type Log = (level: LogLevel, event: string, fields: LogFields) => void;
