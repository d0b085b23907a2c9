// Why a call ended: one value that feeds the log line, the record and the metric label. Not what the caller hears (ladder.ts).

/** Who ended the call, and why. `cause` is a stable, low-cardinality word, e.g. "hangup", "modelUnreachable", "streamLost". */
export interface EndReason {
  readonly by: "caller" | "model" | "operator" | "server" | "network";
  readonly cause: EndCause;
}

/** Every cause there is. */
export type EndCause =
  | "hangup" // caller: the stop message, or a status that says the call is over
  | "streamNeverStarted" // network: the webhook was answered, no stream came
  | "unsupportedFormat" // network: the stream's audio is not PCMU 8000/1
  | "streamLost" // network: the socket went without stop, and nobody asked for what comes next
  | "modelRefused" // model: a fatal answer (key, quota, model name, shape)
  | "modelUnreachable" // model: could not be had within the caller's patience
  | "modelSilent" // model: a response was due and did not come
  | "modelFailed" // model: a response failed
  | "drained" // operator: the process is being stopped
  | "bug"; // server: we threw

/**
 * The error that Twilio's console shows for a call that ended so: https://www.twilio.com/docs/api/errors. Undefined for one that it shows as fine.
 * A close of ours is 31921 there, for whatever reason.
 */
export function twilioCodeOf({ cause }: EndReason): number | undefined {
  switch (cause) {
    case "hangup":
      return undefined;
    case "streamNeverStarted":
      return 31920;
    case "streamLost":
      return 31903;
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
