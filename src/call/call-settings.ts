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
  /** Whether there is a person to hand the caller to: VOICE_TRANSFER_TO. */
  readonly canTransfer: boolean;
  /** How long a model that was dialled at the webhook is kept without a stream. */
  readonly prewarmMs: number;
  /** From the caller's wait beginning to the first filler; between fillers it is twice that. */
  readonly fillerMs: number;
  /** From the model's last event, while it speaks, to the connection being given up. */
  readonly stallMs: number;
  /** Age at which a model session is replaced between two turns; OpenAI ends one at 60 minutes. */
  readonly rollOverMs: number;
  /** From the stream's loss, or our close, to Twilio asking what comes next. */
  readonly afterMs: number;
}
