// The settings that the rules of a call need. Times are milliseconds.

import type { SessionOption } from "../protocol/realtime/session-options.ts";
import type { CallPrices } from "./machines/costs.ts";
import type { TransferPlan } from "./machines/transfer.ts";

/** How long the agent waits for a silent caller, and how long it stays on the telephone. */
export interface Patience {
  /**
   * What a caller who is silent for `ms` is asked, at most `times` times in a row: then the call ends. Undefined: the
   * agent waits forever.
   */
  readonly idle: { readonly ms: number; readonly say: string; readonly times: number } | undefined;
  /** From the start of the stream: when the model is asked to come to an end, and when the call ends. */
  readonly duration: { readonly warnMs: number | undefined; readonly maxMs: number } | undefined;
}

export const endlessPatience: Patience = { idle: undefined, duration: undefined };

/** Digits that the caller may be asked to type. */
export interface DigitsKind {
  readonly name: string;
  /** As many are complete. */
  readonly max: number;
  /** Fewer are not used. */
  readonly min: number;
  /** The key that ends them; undefined: none does. */
  readonly terminator: string | undefined;
  /** From the end of the question, or from the last key. */
  readonly timeoutMs: number;
  /** The model and the record get only how many there are. */
  readonly isMasked: boolean;
}

/** What a key does at once. */
export type KeyAction =
  /** Ends the call. */
  | { readonly type: "hangUp" }
  /** The agent says its last answer again. */
  | { readonly type: "repeat" }
  /** Transfers the caller: one of the agent's transfers. */
  | { readonly type: "transfer"; readonly name: string };

/** The times are the same for all calls of a process; the greeting is the agent's. */
export interface CallSettings {
  /** How the model is instructed to greet: the instruction, not the greeting itself. Undefined: the caller begins. */
  readonly greeting: string | undefined;
  /** From the webhook's answer to the stream's `start`. */
  readonly startMs: number;
  /** How long a caller waits for a model to be ready: dialling and configuring, over all attempts. */
  readonly modelReadyMs: number;
  /** From the moment a response is due to its first audio. */
  readonly replyMs: number;
  /** Whether the model may hang up, by the function `hang_up`. */
  readonly canHangUp: boolean;
  /** Whether the model may send digits, by the function `send_digits`. */
  readonly canSendDigits: boolean;
  /** What the model may have the caller type, by the function `collect_digits`. Empty: nothing. */
  readonly digits: readonly DigitsKind[];
  /** Keys with a meaning of their own. The others are words for the model. */
  readonly keys: Readonly<Record<string, KeyAction>>;
  /** To whom the agent may transfer the caller. */
  readonly transfers: readonly TransferPlan[];
  /** The transfer that is made when the call cannot go on; undefined: VOICE_TRANSFER_TO, if it is set. */
  readonly onFailure: string | undefined;
  readonly patience: Patience;
  /** What the call may cost, US dollars. Undefined: no limit. */
  readonly budgetUsd: number | undefined;
  /** By model. */
  readonly prices: readonly CallPrices[];
  /** How many models may answer: the first one, and those that take over when it fails. At least 1. */
  readonly models: number;
  /** The model that is dialled first: the ones before it have failed for other calls. */
  readonly firstModel: number;
  /** By model: the session settings that its server has refused other calls. They are not sent to it. */
  readonly refused: readonly (readonly SessionOption[])[];
  /** As `modelReadyMs`, while there is another model to try. */
  readonly nextModelMs: number;
  /** From the start of tools to the end of the wait for them. Each has a shorter time limit of its own. */
  readonly toolMs: number;
  /** Whether there is a person to transfer to: VOICE_TRANSFER_TO. */
  readonly canTransfer: boolean;
  /** How long a model that was dialled at the webhook is kept without a stream. */
  readonly prewarmMs: number;
  /** From the start of the caller's wait to the first filler sound; between filler sounds it is twice that. */
  readonly fillerMs: number;
  /** From the last event of a model that is speaking until its connection is abandoned. */
  readonly stallMs: number;
  /** The age at which a model session is replaced between two turns; OpenAI ends one at 60 minutes. */
  readonly rollOverMs: number;
  /** From the stream's loss, or our close, until Twilio asks what comes next. */
  readonly afterMs: number;
}
