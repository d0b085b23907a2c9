// The call record: what is kept of a call when it has ended. Not a log line and not a transcript service.

import type { EndReason } from "./end-reason.ts";
import type { CallIdentity } from "./events.ts";

/** One exchange: the caller (or the greeting's request) and the model's answer to it. Times are epoch milliseconds. */
export interface TurnRecord {
  readonly trigger: "greeting" | "speech" | "keys";
  /** When the caller stopped speaking, pressed the key, or the greeting was asked for. */
  readonly triggeredAtMs: number;
  /** From `triggeredAtMs` to the first audio sent to the caller; undefined when none came. */
  readonly latencyMs: number | undefined;
  readonly interrupted: boolean;
  readonly callerText: string | undefined;
  readonly modelText: string | undefined;
}

/** What had to be done for the caller: nothing, mended unheard or nearly so, handed to a person, told in words. */
export type Fallback = "none" | "recovered" | "transferred" | "apology";

/** What is kept of a call. */
export interface CallRecord {
  readonly identity: CallIdentity;
  readonly createdAtMs: number;
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number;
  readonly end: EndReason;
  /** The lowest fallback of the ladder that was needed. */
  readonly fallback: Fallback;
  /** The longest that the caller waited for something that was due, milliseconds. */
  readonly longestWaitMs: number;
  /** The error that Twilio's console shows for such an end; undefined for one that it shows as fine. */
  readonly twilioCode: number | undefined;
  readonly turns: readonly TurnRecord[];
  readonly counts: CallCounts;
}

/** Counters of one call. */
export interface CallCounts {
  readonly framesReceived: number;
  readonly framesRepeated: number;
  readonly paddedMs: number;
  readonly badFrames: number;
  readonly badEvents: number;
  readonly sentMs: number;
  readonly heardMs: number;
  readonly bargeIns: number;
  readonly modelDials: number;
  readonly resumes: number;
}
