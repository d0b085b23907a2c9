// The moments of a call at which a fault strikes, and what a cell of the matrix says. Types and words only; the cells
// are matrix*.ts.

import type { Treatment } from "../../../src/simulators/sockets/model-server.ts";

/**
 * Every moment, in the order of a call. There are no tools yet: in place of "tool running" stands the key press, which
 * the model is told of as of a tool's result.
 */
export const moments = [
  "webhook",
  "handshake",
  "beforeStart",
  "greeting",
  "callerSpeaking",
  "modelSpeaking",
  "keyPressed",
  "goodbye",
] as const;

export type Moment = (typeof moments)[number];

/** What each means, for docs/reliability.md. */
export const momentMeaning: Readonly<Record<Moment, string>> = {
  webhook: "before Twilio asks `/twilio/voice`",
  handshake: "when Twilio dials the stream",
  beforeStart: "when the stream is open, before its `start`",
  greeting: "the model was asked to greet, and has not begun",
  callerSpeaking: "in the middle of what the caller says",
  modelSpeaking: "in the middle of what the model says",
  keyPressed: "the caller has just pressed a key",
  goodbye: "voice is leaving the call with words, or the caller is hanging up",
};

/**
 * How long, at worst, the caller waited for what was due, from the fault on: without the agent's voice, words, or
 * speaking themselves.
 */
export const waits = {
  "at once": 1_300,
  "< 2 s": 2_000,
  "6 s": 6_600,
  "9 s, with sounds": 9_600,
} as const;

/**
 * A wait, in coarse steps, with what a clock adds that ticks every 40 ms. An ordinary answer takes 0.8 s in these
 * tests. The last: never 6 s without a sound.
 */
export type Wait = keyof typeof waits;

/**
 * What the caller must live through from the fault on. `mended`: hears what was due, asks again, is answered, and hangs
 * up; `anew`: the same, greeted again.
 */
export type Fate = "mended" | "anew" | "told" | "handedOver" | "hangsUp";

/** What one cell of the matrix promises. */
export interface Cell {
  readonly fate: Fate;
  /**
   * What is heard in order, from the beginning of the call; equal neighbours are one, the sound that bridges a wait is
   * left out.
   */
  readonly hears: readonly Sound[];
  readonly wait: Wait;
  /** The record's `by.cause`; undefined: no call came to be, or nothing can be recorded. */
  readonly end: string | undefined;
  /** An event that must be in the log; undefined: whoever could write it is gone. */
  readonly logged: string | undefined;
}

/** What can be heard: the model's greeting and answers, `<Say>`, `<Dial>`. */
export type Sound =
  | "greeting"
  | "answer"
  | "apology"
  | "draining"
  | "misconfigured"
  | "busy"
  | "transferring"
  | "dial"
  | "file"
  | "other words";

/** One row: a fault, and what it does at each moment; a text says why it cannot be at that moment. */
export interface Row<Strike> {
  readonly id: string;
  readonly leg: "model" | "caller" | "voice" | "webhook";
  readonly fault: string;
  readonly strike: Strike;
  /** How the double's wire is, else ordinary. */
  readonly model?: Partial<Treatment>;
  /** More of the configuration. */
  readonly env?: Readonly<Record<string, string>>;
  /** It spoils what the model says next: to be heard in mid-answer, it strikes when the answer is asked for. */
  readonly spoilsReply?: true;
  /** What the goodbye is: voice's own, when it is drained, unless the caller hangs up. */
  readonly goodbye?: "drained" | "hangUp";
  readonly cells: Readonly<Record<Moment, Cell | string>>;
}

/** What was heard before the fault struck. */
export function heardBefore(moment: Moment): readonly Sound[] {
  switch (moment) {
    case "webhook":
    case "handshake":
    case "beforeStart":
    case "greeting":
      return [];
    case "callerSpeaking":
    case "keyPressed":
      return ["greeting"];
    case "modelSpeaking":
    case "goodbye":
      return ["greeting", "answer"];
  }
}
