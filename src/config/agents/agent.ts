// Agents: who answers a call, with which model, voice and words, and which agent answers which number. Types only.
// voice.toml describes them (schema.ts); without a file, the settings make one (default-agent.ts).

import type { DigitsKind, KeyAction, Patience } from "../../call/call-settings.ts";
import type { TransferPlan } from "../../call/machines/transfer.ts";
import type { ModelPrice } from "../../protocol/realtime/prices.ts";
import type { TurnRule } from "../../protocol/realtime/realtime.ts";
import type { Privacy } from "./privacy.ts";

/** What answers calls: a Realtime model, or the built-in agent, which needs no key. */
export type ModelChoice =
  | {
      readonly type: "openai";
      readonly apiKey: string;
      readonly model: string;
      /** The WebSocket URL to dial, without the model: wss://api.openai.com/v1/realtime */
      readonly realtimeUrl: string;
    }
  | { readonly type: "builtIn" };

/** How a call begins: the model is instructed to greet, it says these words, or it waits until the caller speaks. */
export type Greeting =
  | { readonly type: "instruct"; readonly instructions: string }
  | { readonly type: "say"; readonly words: string }
  | { readonly type: "wait" };

export interface Hearing {
  readonly turn: TurnRule;
  /** Null: none. */
  readonly noise: "near_field" | "far_field" | null;
  /** Words that the transcription should know, such as names. */
  readonly keywords: readonly string[];
  /** Null: callers are not transcribed. */
  readonly transcriptionModel: string | null;
}

/** US dollars. Undefined: no limit. */
export interface Budget {
  readonly perCallUsd: number | undefined;
  readonly perDayUsd: number | undefined;
}

/** A function that the model may call, as an HTTP request. */
export interface HttpTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments: an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With placeholders after the host: https://api.example.com/bookings/{{phone}} */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in the body beside the arguments, with placeholders: {{digits.pin}} is what the caller typed. */
  readonly fields: Readonly<Record<string, string>>;
  /** How the arguments are sent. */
  readonly body: "json" | "form" | "none";
  readonly timeoutMs: number;
  /** Private hosts that may be reached, as `host` or `host:port`. */
  readonly privateHosts: readonly string[];
  /** More of a result is cut off. */
  readonly maxBytes: number;
  /** Paths of the result that the model gets ($.name). Empty: all of it. */
  readonly keep: readonly string[];
}

/** Who answers a call. */
export interface Agent {
  readonly name: string;
  /** With placeholders: {{caller}} {{called}} {{time}} {{agent}} (server/calls/call-agent.ts). */
  readonly instructions: string;
  /** The first answers; the next one takes over when it fails. */
  readonly models: readonly [ModelChoice, ...ModelChoice[]];
  /** BCP 47 tags. The agent greets in the first one. Empty: the instructions say it. */
  readonly languages: readonly string[];
  readonly greeting: Greeting;
  /** A name, or the id of a custom voice. */
  readonly voice: string;
  /** 1 is the voice's own pace. */
  readonly speed: number;
  readonly hearing: Hearing;
  /** Keys of the telephone with a meaning of their own. */
  readonly keys: Readonly<Record<string, KeyAction>>;
  readonly patience: Patience;
  readonly budget: Budget;
  readonly tools: readonly HttpTool[];
  /** Whether the model may end the call. */
  readonly canHangUp: boolean;
  /** To whom the agent may transfer the caller. */
  readonly transfers: readonly TransferPlan[];
  /** The name of the transfer that is made when a call cannot go on; undefined: VOICE_TRANSFER_TO, if it is set. */
  readonly onFailure: string | undefined;
  /** Whether the model may press keys. */
  readonly canSendDigits: boolean;
  /** What the model may have the caller type. Empty: nothing. */
  readonly digits: readonly DigitsKind[];
}

/** Times of a week in which a number is open. */
export interface OpeningHours {
  /** IANA time zone: "Europe/Berlin". */
  readonly timeZone: string;
  readonly open: readonly OpenSpan[];
  /** What happens outside of them. */
  readonly closed: { readonly type: "agent"; readonly agent: string } | { readonly type: "say"; readonly words: string };
}

/** Days and a time of day. A span that ends at or before its start goes on into the next day. */
export interface OpenSpan {
  /** 1 is Monday, 7 is Sunday (ISO 8601). */
  readonly days: readonly number[];
  /** Minutes since midnight, 0 to 1,440. */
  readonly fromMinute: number;
  readonly toMinute: number;
}

export interface NumberRule {
  readonly agent: string;
  readonly hours: OpeningHours | undefined;
}

export interface CallerRules {
  /** Callers that are rejected: whole addresses, and prefixes of numbers. As `addressKey` writes them. */
  readonly deny: readonly string[];
  /** Calls at the same time from one number; undefined: no limit. */
  readonly perNumber: number | undefined;
  /** What happens to callers that withhold their number. */
  readonly anonymous: "take" | "reject";
}

/** Who receives what happened on a call. */
export interface AfterCall {
  readonly url: string;
  /** Signs deliveries (Standard Webhooks). */
  readonly secret: string;
  readonly events: readonly ("call.ended" | "call.failed")[];
}

/** Every agent, and which one answers which number. */
export interface AgentBook {
  /** The file it was read from; undefined: the settings. */
  readonly file: string | undefined;
  /** At least one. The first answers numbers that are not listed. */
  readonly agents: readonly [Agent, ...Agent[]];
  /** By the number that was called, as `addressKey` writes it. "*" is every other number. */
  readonly numbers: ReadonlyMap<string, NumberRule>;
  readonly callers: CallerRules;
  readonly privacy: Privacy;
  /** Undefined: no one. */
  readonly afterCall: AfterCall | undefined;
  /** Prices that the file gives, by the model's name. */
  readonly prices: ReadonlyMap<string, ModelPrice>;
}
