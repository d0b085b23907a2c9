// What a call is told of the configuration: only what its rules need. Times are milliseconds.

/** Settings of one call; equal for all calls of a process. */
export interface CallSettings {
  /** What the model is asked to say first; the wording of the request, not of the greeting. */
  readonly greeting: string;
  /** From the webhook's answer to the stream's `start`. */
  readonly startMs: number;
  /** The caller's patience while the model is being had: dialling and configuring, over all attempts. */
  readonly modelReadyMs: number;
  /** From a response being due to its first audio. */
  readonly replyMs: number;
  /** From the stream's loss, or our close, to Twilio asking what comes next. */
  readonly afterMs: number;
}
