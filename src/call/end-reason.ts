// Why a call ended: one value for the log line, the record and the metric label. What the caller hears is decided in
// rules/fallback.ts.

/** Who ended the call, and why. Both are stable, low-cardinality words. */
export interface EndReason {
  readonly by: "caller" | "agent" | "model" | "operator" | "server" | "network";
  readonly cause: EndCause;
}

export type EndCause =
  | "hangup" // caller: the `stop` message, or a status that says the call is over
  | "hungUp" // agent: it said goodbye and hung up. operator: by the console
  | "idle" // agent: the caller had been silent for too long
  | "tooLong" // agent: the time for the call was over
  | "overBudget" // agent: what the call may cost, or what the agent may spend in a day, was spent
  | "transferred" // agent: the caller was transferred, and the call was over when a person had hung up or no one answered
  | "streamNeverStarted" // network: the webhook was answered with a stream, and none started
  | "unsupportedFormat" // network: the stream's audio is not PCMU, 8000 Hz, mono
  | "streamLost" // network: the socket closed without `stop`, and Twilio did not ask what comes next
  | "modelRefused" // model: a final error (key, quota, model name, API shape)
  | "modelUnreachable" // model: not ready within the time that a caller will wait
  | "modelSilent" // model: a response was due and did not come
  | "modelFailed" // model: a response failed
  | "drained" // operator: the process is shutting down
  | "bug"; // server: voice itself threw

/**
 * The error that Twilio's console shows for a call that ended this way; undefined when it shows none. Whenever voice
 * closes the socket, it shows 31921. https://www.twilio.com/docs/api/errors
 */
export function twilioCodeOf({ cause }: EndReason): number | undefined {
  switch (cause) {
    case "hangup":
      return undefined;
    case "streamNeverStarted":
      return 31920;
    case "streamLost":
      return 31903;
    case "hungUp":
    case "idle":
    case "tooLong":
    case "overBudget":
    case "transferred":
    case "unsupportedFormat":
    case "modelRefused":
    case "modelUnreachable":
    case "modelSilent":
    case "modelFailed":
    case "drained":
    case "bug":
      return 31921;
  }
}
