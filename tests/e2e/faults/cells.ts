// Named outcomes, from which the rows of the matrix are made: one for all moments of a row, or one for a moment. No
// faults here.

import { type Cell, heardBefore, type Moment, moments, type Row, type Sound, type Wait } from "./moments.ts";
import type { Injection } from "./play.ts";

/** The expected outcome of a fault at a moment. A string: why the fault cannot happen then. */
export type Outcome = (moment: Moment) => Cell | string;

/** A row of the matrix, and how its fault is injected. */
export type FaultRow = Row<Injection>;

/** The caller hears what was due, asks again, gets an answer and hangs up. During the goodbye, they hear all of it. */
export function recovers(logged: string, wait: Wait = "at once"): Outcome {
  return (moment) => {
    if (moment === "goodbye") return leaving(logged)(moment);
    const hears = moment === "ringing" ? [...heardBefore(moment), "answer" as const] : (["greeting", "answer"] as const);
    return { fate: "recovers", hears, wait, end: "caller.hangup", logged };
  };
}

/** A second host takes the call and greets again. */
export const takenOver: Outcome = (moment) => {
  const hears =
    moment === "modelSpeaking" || moment === "goodbye"
      ? (["greeting", "answer", "greeting", "answer"] as const)
      : moment === "ringing"
        ? ([...heardBefore(moment), "greeting", "answer"] as const)
        : (["greeting", "answer"] as const);
  return { fate: "takenOver", hears, wait: "at once", end: undefined, logged: undefined };
};

/** The call ends, and the caller hears a message. */
export function hearsMessage(
  end: string | undefined,
  logged: string | undefined,
  wait: Wait = "at once",
  message: Sound = "apology",
): Outcome {
  return (moment) => ({ fate: "message", hears: [...heardBefore(moment), message], wait, end, logged });
}

/** The call is transferred to a person: a sentence, then `<Dial>`. */
export function transferred(end: string | undefined, logged: string | undefined, wait: Wait = "at once"): Outcome {
  return (moment) => ({ fate: "transferred", hears: [...heardBefore(moment), "transferring", "dial"], wait, end, logged });
}

/** voice is ending the call with a message when the fault happens. The caller still hears the message. */
export function leaving(logged: string = "call.givenUp", wait: Wait = "at once"): Outcome {
  return (moment) => ({ fate: "message", hears: [...heardBefore(moment), "draining"], wait, end: "operator.drained", logged });
}

/** The caller hangs up, and voice releases everything. */
export function hangsUp(end: string | undefined, logged: string): Outcome {
  return () => ({ fate: "hangsUp", hears: ["greeting", "answer"], wait: "at once", end, logged });
}

/** The fault cannot happen at that moment, and why. */
export function impossible(why: string): Outcome {
  return () => why;
}

/** A row as it is written down. */
export interface RowPlan extends Omit<FaultRow, "cells"> {
  /** For every moment without an outcome in `at`. */
  readonly all: Outcome;
  readonly at?: Partial<Readonly<Record<Moment, Outcome>>>;
}

export function row({ all, at = {}, ...rest }: RowPlan): FaultRow {
  const cells = Object.fromEntries(moments.map((moment) => [moment, (at[moment] ?? all)(moment)])) as FaultRow["cells"];
  return { ...rest, cells };
}
