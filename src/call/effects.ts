// What a call orders: the only way it touches the world. The driver performs them in order. Not facts (events.ts).

import type { EndReason } from "./end-reason.ts";
import type { CallRecord } from "./record.ts";

/** What Twilio is told when it asks what comes next; server/http/webhook.ts makes TwiML of it. */
export type Next =
  /** The call is over: `<Response/>`. */
  | { readonly type: "nothing" }
  /** A sentence by Twilio's `<Say>`, then hang up. */
  | { readonly type: "say"; readonly sentence: Sentence }
  /** Connect a stream again: the call goes on. */
  | { readonly type: "connect" }
  /** A sentence, then a person: `<Dial>` of the configured number; when that is over, Twilio asks again, with DialCallStatus. */
  | { readonly type: "transfer"; readonly sentence: Sentence };

/** Which sentence the caller hears; the words are configuration. */
export type Sentence = "apology" | "goodbye" | "draining" | "misconfigured" | "transferring" | "busy";

/** Log levels, as LogTape has them. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** Fields of a log line: flat. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Everything a call can order. */
export type Effect =
  | { readonly type: "caller.play"; readonly payload: string }
  | { readonly type: "caller.mark"; readonly name: string }
  | { readonly type: "caller.flush" }
  /** A short sound that says: still here. It is no part of the conversation, has no mark, and is not waited for. */
  | { readonly type: "caller.playFiller" }
  | { readonly type: "caller.close" }
  | { readonly type: "after.answer"; readonly next: Next }
  | { readonly type: "model.dial"; readonly epoch: number }
  | { readonly type: "model.configure"; readonly epoch: number }
  | { readonly type: "model.appendAudio"; readonly payload: string }
  | { readonly type: "model.addMessage"; readonly epoch: number; readonly role: "user" | "assistant"; readonly text: string }
  | { readonly type: "model.respond"; readonly eventId: string; readonly instructions?: string }
  | { readonly type: "model.cancel" }
  | { readonly type: "model.truncate"; readonly itemId: string; readonly contentIndex: number; readonly audioEndMs: number }
  | { readonly type: "model.close"; readonly epoch: number }
  /** Somebody must be told: the caller heard what the ladder had left. */
  | { readonly type: "alert"; readonly cause: EndReason["cause"]; readonly detail: string }
  | { readonly type: "record.save"; readonly record: CallRecord }
  | { readonly type: "log"; readonly level: LogLevel; readonly event: string; readonly fields: LogFields }
  /** The call has ended; the driver lets go of its sockets and timer. Last, once. */
  | { readonly type: "call.ended"; readonly end: EndReason };
