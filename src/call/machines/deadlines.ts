// The named deadlines of a call. The state carries them, the driver arms one timer for the earliest. No clock here: times come in with the events.

/** Every wait that a call can be in. */
export type DeadlineName =
  /** The stream must start: the webhook, or a resume, was answered with one. */
  | "start"
  /** A model that was dialled at the webhook is let go: no stream has come. */
  | "prewarm"
  /** The model must be ready: the caller's patience, over all attempts. */
  | "modelReady"
  /** The model must have taken its settings. */
  | "configure"
  /** The model is dialled again. */
  | "redial"
  /** A response is due: its first audio must come. */
  | "reply"
  /** The model is speaking: more of it, or its end, must come. */
  | "stall"
  /** A response that was refused for its rate is asked for again. */
  | "retry"
  /** The caller waits while something is mended: a sound says that somebody is there. */
  | "fill"
  /** The caller has waited so long for a reply that a sound is due, whatever has put it off. */
  | "late"
  /** The model session is about to be too old: another takes its place. */
  | "rollOver"
  /** The model must notice that the caller speaks, or has stopped. */
  | "speech"
  /** The caller's frames have stopped while speaking: silence is put in. */
  | "gap"
  /** Twilio must ask what comes next, or close the socket. */
  | "after";

/** Epoch milliseconds by name; a name that is absent does not wait. */
export type Deadlines = Readonly<Partial<Record<DeadlineName, number>>>;

/** Sets one deadline, replacing what it was. */
export function setDeadline(deadlines: Deadlines, name: DeadlineName, atMs: number): Deadlines {
  return { ...deadlines, [name]: atMs };
}

/** Calls off deadlines. */
export function clearDeadlines(deadlines: Deadlines, ...names: readonly DeadlineName[]): Deadlines {
  if (!names.some((name) => name in deadlines)) return deadlines;
  const left: Partial<Record<DeadlineName, number>> = { ...deadlines };
  for (const name of names) delete left[name];
  return left;
}

/** The earliest deadline, epoch milliseconds; undefined when nothing waits. */
export function earliestDeadline(deadlines: Deadlines): number | undefined {
  let earliest: number | undefined;
  for (const atMs of Object.values(deadlines)) {
    if (earliest === undefined || atMs < earliest) earliest = atMs;
  }
  return earliest;
}

/** Whether a deadline is set and has passed at `atMs`. */
export function isDue(deadlines: Deadlines, name: DeadlineName, atMs: number): boolean {
  const deadlineMs = deadlines[name];
  return deadlineMs !== undefined && deadlineMs <= atMs;
}

/** The deadlines that have passed at `atMs`, earliest first. */
export function dueDeadlines(deadlines: Deadlines, atMs: number): readonly DeadlineName[] {
  const due = Object.entries(deadlines).filter(([, deadlineMs]) => deadlineMs <= atMs) as [DeadlineName, number][];
  return due.sort((one, other) => one[1] - other[1]).map(([name]) => name);
}
