// The call record: what is stored of a call when it has ended. Times are epoch milliseconds.

import type { EndReason } from "./end-reason.ts";
import type { CallIdentity } from "./events.ts";
import type { TransferRecord } from "./machines/transfer.ts";

/** One exchange: what triggered it, and the model's answer. */
export interface TurnRecord {
  /** "agent": it spoke by itself, to a silent caller or at the end of the call's time. */
  readonly trigger: "greeting" | "speech" | "keys" | "agent";
  /** When the caller stopped speaking or pressed the key, or the agent's words were requested. */
  readonly triggeredAtMs: number;
  /** From `triggeredAtMs` to the first audio sent to the caller; undefined when there was none. */
  readonly latencyMs: number | undefined;
  readonly interrupted: boolean;
  readonly callerText: string | undefined;
  readonly modelText: string | undefined;
}

/** What the caller got when something broke. The last one in this order that was used counts. */
export type Fallback =
  /** Nothing broke. */
  | "none"
  /** voice recovered: a reconnect, a resume, or a repeated request, with a short wait and perhaps a filler sound. */
  | "recovered"
  /** Another model took over. */
  | "otherModel"
  /** The caller was transferred to a person. */
  | "transferred"
  /** The caller heard a sentence, and the call ended. */
  | "apology";

export interface CallRecord {
  readonly identity: CallIdentity;
  /** When the webhook arrived. */
  readonly createdAtMs: number;
  /** When the stream started; undefined when it never did. */
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number;
  readonly end: EndReason;
  readonly fallback: Fallback;
  /** The longest that the caller waited for something that was due. */
  readonly longestWaitMs: number;
  /** The error that Twilio's console shows for this call; undefined when it shows none. */
  readonly twilioCode: number | undefined;
  /** What the model cost, US dollars. Undefined: it used a model whose price is not known. */
  readonly costUsd: number | undefined;
  /** Transfers to people, oldest first. */
  readonly transfers: readonly TransferRecord[];
  readonly turns: readonly TurnRecord[];
  readonly counts: CallCounts;
}

export interface CallCounts {
  readonly framesReceived: number;
  readonly framesRepeated: number;
  /** Silence sent to the model for missing frames. */
  readonly paddedMs: number;
  readonly badFrames: number;
  readonly badEvents: number;
  /** Errors that the model reported, except harmless ones. */
  readonly modelErrors: number;
  /** Model audio sent to the caller. */
  readonly sentMs: number;
  /** Model audio the caller heard, by the marks that came back. */
  readonly heardMs: number;
  readonly bargeIns: number;
  readonly modelDials: number;
  readonly resumes: number;
}
