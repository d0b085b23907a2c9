// What the caller of a media stream is and can be told: the types of ../caller.ts, its state, and how a step is put together. No rules here.

import type { FromTwilio } from "../../protocol/media-streams/media-streams.ts";
import { formatFromTwilio } from "../../protocol/media-streams/simulator.ts";
import type { Playback } from "./playback.ts";
import { emptyPlayback } from "./playback.ts";

const defaultKeepHeardMs = 300_000;

/** Who calls, and how. */
export interface StreamCallerOptions {
  readonly accountSid: string;
  readonly callSid: string;
  readonly streamSid: string;
  /** The TwiML's `<Parameter>`s, handed back in `start`. */
  readonly customParameters: Readonly<Record<string, string>>;
  readonly firstTimestampMs?: number;
  /** Leaves out each n-th frame, as a lossy telephone line does; none when missing. */
  readonly loseEvery?: number;
  /** How much of what was heard is kept, ms. */
  readonly keepHeardMs?: number;
}

/** What happens to a caller. `atMs` never goes back. */
export type StreamCallerInput =
  | { readonly type: "opened"; readonly atMs: number }
  | { readonly type: "text"; readonly atMs: number; readonly text: string }
  | { readonly type: "binary"; readonly atMs: number; readonly bytes: number }
  | { readonly type: "closed"; readonly atMs: number }
  | { readonly type: "woke"; readonly atMs: number }
  /** Speech, PCMU, to be spoken behind what still waits. */
  | { readonly type: "said"; readonly atMs: number; readonly speech: Uint8Array }
  | { readonly type: "pressed"; readonly atMs: number; readonly digit: string }
  /** For so long Twilio sends no frames: the phone is muted, or the line loses them. What is said meanwhile is lost. */
  | { readonly type: "muted"; readonly atMs: number; readonly ms: number }
  | { readonly type: "hungUp"; readonly atMs: number };

/** What a caller orders, and what there is to note. */
export type StreamCallerOutput =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "close" }
  | { readonly type: "note"; readonly note: StreamCallerNote };

/** What Twilio's console, or somebody listening in, would tell. */
export type StreamCallerNote =
  /** Shown once per stream and code in Twilio's debugger; the message is ignored. */
  | { readonly type: "warning"; readonly atMs: number; readonly code: 31931 | 31950 | 31951; readonly what: string }
  /** The caller heard audio without a break; `cleared` when a `clear` cut it off. */
  | { readonly type: "heard"; readonly atMs: number; readonly untilMs: number; readonly cleared: boolean }
  /** The caller spoke without a break. */
  | { readonly type: "spoke"; readonly atMs: number; readonly untilMs: number };

export interface StreamCounts {
  readonly framesSent: number;
  readonly framesLeftOut: number;
  readonly mediaReceived: number;
  readonly bytesReceived: number;
  readonly marksReceived: number;
  readonly marksReturned: number;
  readonly clearsReceived: number;
  readonly badReceived: number;
  /** Messages that came after `stop` was sent. */
  readonly lateReceived: number;
}

export interface StreamCaller {
  readonly options: StreamCallerOptions;
  readonly phase: "waiting" | "streaming" | "stopped" | "closed";
  readonly openedAtMs: number;
  /** Frames that were due so far, sent or left out. */
  readonly frame: number;
  readonly sequence: number;
  readonly speech: readonly Uint8Array[];
  readonly spokeFromMs: number | undefined;
  readonly mutedUntilMs: number;
  readonly playback: Playback;
  readonly heardFromMs: number | undefined;
  readonly firstMediaAtMs: number | undefined;
  readonly warned: readonly number[];
  readonly counts: StreamCounts;
}

/** What a step makes. */
export interface StreamCallerStep {
  readonly caller: StreamCaller;
  readonly outputs: readonly StreamCallerOutput[];
}

const noCounts: StreamCounts = {
  framesSent: 0,
  framesLeftOut: 0,
  mediaReceived: 0,
  bytesReceived: 0,
  marksReceived: 0,
  marksReturned: 0,
  clearsReceived: 0,
  badReceived: 0,
  lateReceived: 0,
};

/** Makes a caller whose socket is not open yet. */
export function createStreamCaller(options: StreamCallerOptions): StreamCaller {
  return {
    options,
    phase: "waiting",
    openedAtMs: 0,
    frame: 0,
    sequence: 0,
    speech: [],
    spokeFromMs: undefined,
    mutedUntilMs: Number.NEGATIVE_INFINITY,
    playback: emptyPlayback(options.keepHeardMs ?? defaultKeepHeardMs),
    heardFromMs: undefined,
    firstMediaAtMs: undefined,
    warned: [],
    counts: noCounts,
  };
}

/** Replaces fields of the caller. */
export function change(step: StreamCallerStep, fields: Partial<StreamCaller>): StreamCallerStep {
  return { caller: { ...step.caller, ...fields }, outputs: step.outputs };
}

/** Adds to counts. */
export function count(step: StreamCallerStep, added: Partial<StreamCounts>): StreamCallerStep {
  const before = step.caller.counts;
  const sums = Object.entries(added).map(([key, value]) => [key, before[key as keyof StreamCounts] + value]);
  return change(step, { counts: { ...before, ...Object.fromEntries(sums) } });
}

/** Adds an output. */
export function emit(step: StreamCallerStep, output: StreamCallerOutput): StreamCallerStep {
  return { caller: step.caller, outputs: [...step.outputs, output] };
}

/** Sends a message that bears no number: `connected`. */
export function send(step: StreamCallerStep, message: FromTwilio): StreamCallerStep {
  return emit(step, { type: "text", text: formatFromTwilio(message) });
}

/** Sends a message with the next `sequenceNumber`, which counts every message after `connected`, from 1. */
export function sendNumbered(
  step: StreamCallerStep,
  message: (order: { sequenceNumber: number; streamSid: string }) => FromTwilio,
): StreamCallerStep {
  const sequence = step.caller.sequence + 1;
  return send(change(step, { sequence }), message({ sequenceNumber: sequence, streamSid: step.caller.options.streamSid }));
}
