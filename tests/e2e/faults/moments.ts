// The moments of a call at which a fault is injected, and what a cell of the matrix says. Types and texts only; the
// cells are in matrix-caller.ts, matrix-model.ts and matrix-voice.ts.

import type { ModelBehaviour } from "../../../src/simulators/sockets/model-simulator.ts";

/**
 * Every moment, in the order of a call. There are no tools yet: a key press stands for "tool running", because the
 * model receives it the way it receives a tool's result.
 */
export const moments = [
  "webhook",
  "handshake",
  "beforeStart",
  "greeting",
  "callerSpeaking",
  "modelSpeaking",
  "keyPressed",
  "ringing",
  "goodbye",
] as const;

export type Moment = (typeof moments)[number];

/** For docs/reliability.md. */
export const momentMeaning: Readonly<Record<Moment, string>> = {
  webhook: "before Twilio requests `/twilio/voice`",
  handshake: "when Twilio opens the stream",
  beforeStart: "when the stream is open, before its `start`",
  greeting: "the greeting was requested and has not started",
  callerSpeaking: "while the caller speaks",
  modelSpeaking: "while the model speaks",
  keyPressed: "the caller has just pressed a key",
  ringing: "the caller is being transferred, and the person's telephone rings; no one answers, and the caller is back",
  goodbye: "voice is ending the call with a message, or the caller is hanging up",
};

/**
 * The longest wait of the caller from the fault on, ms: without the agent, without a message, and not speaking
 * themselves. Coarse steps, each with what a clock adds that ticks every 40 ms. In these tests an ordinary answer takes
 * 0.8 s. In the last step a sound comes at least every 6 s.
 */
export const waits = {
  "at once": 1_300,
  "< 2 s": 2_000,
  "6 s": 6_600,
  "9 s, with sounds": 9_600,
} as const;

export type Wait = keyof typeof waits;

/**
 * What the caller experiences from the fault on. `recovers`: hears what was due, asks again, gets an answer and hangs
 * up. `takenOver`: the same, after a second greeting from another host.
 */
export type Fate = "recovers" | "takenOver" | "message" | "transferred" | "hangsUp";

/** What is expected of a fault at one moment. */
export interface Cell {
  readonly fate: Fate;
  /** What the caller hears, in order, from the start of the call. Repeats are joined, the filler sound is left out. */
  readonly hears: readonly Sound[];
  readonly wait: Wait;
  /** The record's `by.cause`. Undefined: there was no call, or nothing can be recorded. */
  readonly end: string | undefined;
  /** An event that must be in the log. Undefined: the process that would log it is gone. */
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
  | "play"
  | "other words";

/** One fault, and what is expected at each moment. A string says why it cannot happen at that moment. */
export interface Row<Injection> {
  readonly id: string;
  readonly leg: "model" | "caller" | "voice" | "webhook";
  readonly fault: string;
  readonly inject: Injection;
  /** How the simulated model treats its sessions, where not as usual. */
  readonly model?: Partial<ModelBehaviour>;
  /** Added to the configuration. */
  readonly env?: Readonly<Record<string, string>>;
  /** Affects what the model says next: to be heard in mid-answer, it is injected when the answer is requested. */
  readonly spoilsReply?: true;
  /** What the goodbye is: voice's message when it is drained (default), or the caller's hang-up. */
  readonly goodbye?: "drained" | "hangUp";
  readonly cells: Readonly<Record<Moment, Cell | string>>;
}

/** What the caller heard before the fault. */
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
    case "ringing":
      return ["greeting", "answer", "dial"];
  }
}
