// Effects: what a call orders. They are its only way to act on the world; the driver performs them in order.

import type { SessionOption } from "../protocol/realtime/session-options.ts";
import type { EndReason } from "./end-reason.ts";
import type { TransferPlan } from "./machines/transfer.ts";
import type { CallRecord } from "./record.ts";

/** The answer when Twilio asks what comes next; server/http/webhook.ts turns it into TwiML. */
export type Next =
  /** The call is over: `<Response/>`. */
  | { readonly type: "nothing" }
  /** Play a sentence by Twilio's `<Say>`, then hang up. `words` take the place of the configured sentence. */
  | { readonly type: "say"; readonly sentence: Sentence; readonly words?: string | undefined }
  /** Connect a stream again: the call goes on. */
  | { readonly type: "connect" }
  /** Play a sentence, then `<Dial>` VOICE_TRANSFER_TO. After that Twilio asks again, with DialCallStatus. */
  | { readonly type: "transfer"; readonly sentence: Sentence }
  /** The same with a transfer of the agent's. */
  | { readonly type: "dial"; readonly sentence: Sentence | undefined; readonly dial: Dial };

/** Whom Twilio dials, and how. */
export interface Dial {
  /** The transfer's name. */
  readonly transfer: string;
  /** Telephone numbers and sip: addresses, dialled at the same time. */
  readonly targets: readonly string[];
  /** Whether the person is asked first: /twilio/screen. */
  readonly isScreened: boolean;
  readonly ringMs: number;
  readonly callerId: TransferPlan["callerId"];
  /** The call is over for voice: Twilio asks nothing more. */
  readonly isDetached: boolean;
}

/** What a person hears who was dialled for a screened transfer, once Twilio asks. */
export type ScreenAnswer =
  /** `words` and `ask`; a key is awaited. */
  | { readonly type: "ask"; readonly words: string; readonly ask: string }
  /** They have accepted: the caller is connected. */
  | { readonly type: "connect" }
  | { readonly type: "hangUp" };

/** Names a sentence that the caller hears; its text is configuration. */
export type Sentence = "apology" | "goodbye" | "draining" | "misconfigured" | "transferring" | "busy";

/** Log levels, as LogTape has them. */
export type LogLevel = "debug" | "info" | "warning" | "error";

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type Effect =
  | { readonly type: "caller.play"; readonly payload: string }
  | { readonly type: "caller.mark"; readonly name: string }
  | { readonly type: "caller.flush" }
  /** A short sound that says the call is still alive. It is not part of the conversation, and no mark follows it. */
  | { readonly type: "caller.playFiller" }
  | { readonly type: "caller.close" }
  /** Answers the request of the same step's `caller.nextRequested`. */
  | { readonly type: "after.answer"; readonly next: Next }
  /** Answers the request of the same step's `transfer.screenRequested`. */
  | { readonly type: "screen.answer"; readonly screen: ScreenAnswer }
  /** Dials a model: `chosen` is an index of the agent's list. */
  | { readonly type: "model.dial"; readonly epoch: number; readonly chosen: number }
  /** Sends the session's settings, except those in `omit`: the server has refused them. */
  | { readonly type: "model.configure"; readonly epoch: number; readonly omit: readonly SessionOption[] }
  /** Appends caller audio to the model's input buffer, and keeps it: of what is kept, the newest `keepBytes`. */
  | { readonly type: "model.appendAudio"; readonly payload: string; readonly keepBytes: number }
  /** Keeps caller audio for a model that is not ready: of what is kept, the newest `keepBytes`. */
  | { readonly type: "audio.keep"; readonly payload: string; readonly keepBytes: number }
  /** Appends everything kept to the model's input buffer, oldest first. Then the newest `keepBytes` stay. */
  | { readonly type: "model.appendKept"; readonly keepBytes: number }
  /** What is kept has been answered: nothing stays. */
  | { readonly type: "audio.forget" }
  /**
   * Adds a text message to the conversation: what was said before this session, a key that was pressed, or, as the
   * system, what voice says to the model.
   */
  | {
      readonly type: "model.addMessage";
      readonly epoch: number;
      readonly role: "user" | "assistant" | "system";
      readonly text: string;
    }
  /** Gives the model the result of a function that it called. */
  | { readonly type: "model.addToolResult"; readonly epoch: number; readonly callId: string; readonly output: string }
  /** `withoutTools`: the model may call no function in this response. */
  | { readonly type: "model.respond"; readonly eventId: string; readonly instructions?: string; readonly withoutTools?: boolean }
  | { readonly type: "model.cancel" }
  | { readonly type: "model.truncate"; readonly itemId: string; readonly contentIndex: number; readonly audioEndMs: number }
  | { readonly type: "model.close"; readonly epoch: number }
  /**
   * Runs a tool; `tool.returned` answers. `arguments` is what the model wrote, unchecked; `typed` what the caller has
   * typed, by kind: it may be secret.
   */
  | {
      readonly type: "tool.run";
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
      readonly typed: Readonly<Record<string, string>>;
    }
  /** A response or a transcription has cost so much: US dollars, more than 0. */
  | { readonly type: "cost.add"; readonly usd: number }
  /** Notifies the operator (VOICE_ALERT_URL): the caller was transferred or got an apology. */
  | { readonly type: "alert"; readonly cause: EndReason["cause"]; readonly detail: string }
  | { readonly type: "record.save"; readonly record: CallRecord }
  | { readonly type: "log"; readonly level: LogLevel; readonly event: string; readonly fields: LogFields }
  /** The call has ended: the driver releases its sockets and timer. Ordered once. */
  | { readonly type: "call.ended"; readonly end: EndReason };
