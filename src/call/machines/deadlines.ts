// The named deadlines of a call. The state carries them; the driver arms one timer for the earliest. There is no clock
// here: times come in with the events.

export type DeadlineName =
  /** The stream must start: the webhook, or a resume, was answered with one. */
  | "start"
  /** A stream must start, or the model that was dialled at the webhook is released. */
  | "prewarm"
  /** The model must be ready. Counts over all attempts: this is how long a caller will wait. */
  | "modelReady"
  /** The model must accept its session settings. */
  | "configure"
  /** The backoff is over: the model is dialled again. */
  | "redial"
  /** A response is due: its first audio must arrive. */
  | "reply"
  /** The model is speaking: more audio, or the end, must arrive. */
  | "stall"
  /** The tools that are running must have returned. */
  | "tool"
  /** The agent ends the call: its goodbye must have been heard. */
  | "goodbye"
  /** The rate limit is over: the response is requested again. */
  | "retry"
  /** The caller is waiting while voice recovers: a filler sound is due. */
  | "filler"
  /** The caller has waited too long for a reply: a filler sound is due, whatever has postponed the reply. */
  | "lateReply"
  /** The model session is about to expire: another one takes over. */
  | "rollOver"
  /** The model must notice that the caller speaks, or has stopped. */
  | "speechDetection"
  /** Frames have stopped while the caller speaks: silence is inserted. */
  | "gap"
  /** Digits are being collected: the next key must come. */
  | "digits"
  /** The caller has been silent: they are asked whether they are there, or the call ends. */
  | "idle"
  /** The time for the call: the model hears that little is left, then the agent says goodbye, then the call ends. */
  | "limit"
  /** Twilio must report how the `<Dial>` of a transfer ended. */
  | "dial"
  /** Twilio must ask what comes next, or close the socket. */
  | "after";

/** Epoch milliseconds by name. */
export type Deadlines = Readonly<Partial<Record<DeadlineName, number>>>;

/** Sets one deadline, replacing its earlier value. */
export function withDeadline(deadlines: Deadlines, name: DeadlineName, atMs: number): Deadlines {
  return { ...deadlines, [name]: atMs };
}

export function withoutDeadlines(deadlines: Deadlines, names: readonly DeadlineName[]): Deadlines {
  // A loop: most events of a call clear deadlines that are not set.
  let isSet = false;
  for (const name of names) if (deadlines[name] !== undefined) isSet = true;
  if (!isSet) return deadlines;
  // Without `delete`: it turns an object into a hash table, which every later copy has to search.
  const left: Partial<Record<DeadlineName, number>> = {};
  for (const [name, atMs] of Object.entries(deadlines) as [DeadlineName, number][]) if (!names.includes(name)) left[name] = atMs;
  return left;
}

/** The earliest deadline, epoch milliseconds; undefined when none is set. */
export function earliestDeadline(deadlines: Deadlines): number | undefined {
  let earliest: number | undefined;
  // Without a list of the values: it is asked after every frame.
  for (const name in deadlines) {
    const atMs = deadlines[name as DeadlineName];
    if (atMs === undefined) continue;
    if (earliest === undefined || atMs < earliest) earliest = atMs;
  }
  return earliest;
}

export function isDue(deadlines: Deadlines, name: DeadlineName, atMs: number): boolean {
  const deadlineMs = deadlines[name];
  return deadlineMs !== undefined && deadlineMs <= atMs;
}

/** The deadlines that have passed at `atMs`, earliest first. */
export function dueDeadlines(deadlines: Deadlines, atMs: number): readonly DeadlineName[] {
  const due = Object.entries(deadlines).filter(([, deadlineMs]) => deadlineMs <= atMs) as [DeadlineName, number][];
  return due.sort((one, other) => one[1] - other[1]).map(([name]) => name);
}
