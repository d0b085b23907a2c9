// How the cells of the matrix are written: outcomes by name, one for all moments of a row or for each. No faults here.

import { type Cell, heardBefore, type Moment, moments, type Row, type Sound, type Wait } from "./moments.ts";
import type { Strike } from "./play.ts";

/** What comes of a fault at a moment; a text: why it cannot be then. */
export type Outcome = (moment: Moment) => Cell | string;

/** A row of the matrix, and how its fault is made. */
export type FaultRow = Row<Strike>;

/** The caller hears what was due, asks again, is answered, and hangs up. While voice is leaving, with its words. */
export function mended(logged: string, wait: Wait = "at once"): Outcome {
  return (moment) => {
    if (moment === "goodbye") return leaving(logged)(moment);
    return { fate: "mended", hears: ["greeting", "answer"], wait, end: "caller.hangup", logged };
  };
}

/** A second host takes the call, and greets anew. */
export const anew: Outcome = (moment) => {
  const hears =
    moment === "modelSpeaking" || moment === "goodbye"
      ? (["greeting", "answer", "greeting", "answer"] as const)
      : (["greeting", "answer"] as const);
  return { fate: "anew", hears, wait: "at once", end: undefined, logged: undefined };
};

/** The call is ended, and the caller told in words. */
export function told(end: string | undefined, logged: string | undefined, wait: Wait = "at once", words: Sound = "apology"): Outcome {
  return (moment) => ({ fate: "told", hears: [...heardBefore(moment), words], wait, end, logged });
}

/** The call is handed to a person: a sentence, then `<Dial>`. */
export function handedOver(end: string | undefined, logged: string | undefined, wait: Wait = "at once"): Outcome {
  return (moment) => ({ fate: "handedOver", hears: [...heardBefore(moment), "transferring", "dial"], wait, end, logged });
}

/** voice is leaving the call with words when it strikes, and the words are heard all the same. */
export function leaving(logged: string = "call.givenUp", wait: Wait = "at once"): Outcome {
  return (moment) => ({ fate: "told", hears: [...heardBefore(moment), "draining"], wait, end: "operator.drained", logged });
}

/** The caller hangs up, and nothing is left behind. */
export function hangsUp(end: string | undefined, logged: string): Outcome {
  return () => ({ fate: "hangsUp", hears: ["greeting", "answer"], wait: "at once", end, logged });
}

/** It cannot be at that moment, and why. */
export function cannot(why: string): Outcome {
  return () => why;
}

/** What a row is made of. */
export interface RowPlan extends Omit<FaultRow, "cells"> {
  /** For every moment that has no outcome of its own. */
  readonly all: Outcome;
  readonly at?: Partial<Readonly<Record<Moment, Outcome>>>;
}

/** Makes a row. */
export function row({ all, at = {}, ...rest }: RowPlan): FaultRow {
  const cells = Object.fromEntries(moments.map((moment) => [moment, (at[moment] ?? all)(moment)])) as FaultRow["cells"];
  return { ...rest, cells };
}
