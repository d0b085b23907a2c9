// The state, inputs and outputs of stream-caller.ts, and the helpers that build a step. No rules.

import type { FromTwilio } from "../../protocol/media-streams/media-streams.ts";
import { formatFromTwilio } from "../../protocol/media-streams/simulator.ts";
import type { Playback } from "./playback.ts";
import { emptyPlayback } from "./playback.ts";

const defaultKeepHeardMs = 300_000;

export interface StreamCallerOptions {
  readonly accountSid: string;
  readonly callSid: string;
  readonly streamSid: string;
  /** The TwiML's `<Parameter>`s, sent in `start`. */
  readonly customParameters: Readonly<Record<string, string>>;
  readonly firstTimestampMs?: number;
  /** Skips every n-th frame, as a lossy telephone line does. Missing: none. */
  readonly loseEvery?: number;
  /** How much of the audio heard is kept, ms. */
  readonly keepHeardMs?: number;
}

/** What happens to a caller. `atMs` never decreases. */
export type StreamCallerInput =
  | { readonly type: "opened"; readonly atMs: number }
  | { readonly type: "text"; readonly atMs: number; readonly text: string }
  | { readonly type: "binary"; readonly atMs: number; readonly bytes: number }
  | { readonly type: "closed"; readonly atMs: number }
  | { readonly type: "woke"; readonly atMs: number }
  /** PCMU, queued behind the speech that is still to be sent. */
  | { readonly type: "said"; readonly atMs: number; readonly speech: Uint8Array }
  | { readonly type: "pressed"; readonly atMs: number; readonly digit: string }
  /** For `ms`, Twilio sends no frames: the phone is muted, or the line loses them. Speech in that time is lost. */
  | { readonly type: "muted"; readonly atMs: number; readonly ms: number }
  | { readonly type: "hungUp"; readonly atMs: number };

/** What to do on the socket, and what to note. */
export type StreamCallerOutput =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "close" }
  | { readonly type: "note"; readonly note: StreamCallerNote };

/** What Twilio's debugger, or someone listening on the line, would notice. */
export type StreamCallerNote =
  /** Shown in Twilio's debugger, once per stream and code. The message itself is ignored. */
  | { readonly type: "warning"; readonly atMs: number; readonly code: 31931 | 31950 | 31951; readonly what: string }
  /** Audio heard without a break. `cleared`: a `clear` cut it off. */
  | { readonly type: "heard"; readonly atMs: number; readonly untilMs: number; readonly cleared: boolean }
  /** Speech of the caller without a break. */
  | { readonly type: "spoke"; readonly atMs: number; readonly untilMs: number };

export interface StreamCounts {
  readonly framesSent: number;
  readonly framesSkipped: number;
  readonly mediaReceived: number;
  readonly bytesReceived: number;
  readonly marksReceived: number;
  readonly marksReturned: number;
  readonly clearsReceived: number;
  readonly badReceived: number;
  /** Messages received after `stop` was sent. */
  readonly lateReceived: number;
}

export interface StreamCaller {
  readonly options: StreamCallerOptions;
  readonly phase: "waiting" | "streaming" | "stopped" | "closed";
  readonly openedAtMs: number;
  /** Frames due so far, sent or skipped. */
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

export interface StreamCallerStep {
  readonly caller: StreamCaller;
  readonly outputs: readonly StreamCallerOutput[];
}

const noCounts: StreamCounts = {
  framesSent: 0,
  framesSkipped: 0,
  mediaReceived: 0,
  bytesReceived: 0,
  marksReceived: 0,
  marksReturned: 0,
  clearsReceived: 0,
  badReceived: 0,
  lateReceived: 0,
};

/** A caller whose socket is not open yet. */
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

export function change(step: StreamCallerStep, fields: Partial<StreamCaller>): StreamCallerStep {
  return { caller: { ...step.caller, ...fields }, outputs: step.outputs };
}

export function count(step: StreamCallerStep, added: Partial<StreamCounts>): StreamCallerStep {
  const before = step.caller.counts;
  const sums = Object.entries(added).map(([key, value]) => [key, before[key as keyof StreamCounts] + value]);
  return change(step, { counts: { ...before, ...Object.fromEntries(sums) } });
}

export function emit(step: StreamCallerStep, output: StreamCallerOutput): StreamCallerStep {
  return { caller: step.caller, outputs: [...step.outputs, output] };
}

/** Sends a message without `sequenceNumber`: `connected`. */
export function send(step: StreamCallerStep, message: FromTwilio): StreamCallerStep {
  return emit(step, { type: "text", text: formatFromTwilio(message) });
}

/** Sends a message with the next `sequenceNumber`. It counts every message after `connected`, from 1. */
export function sendNumbered(
  step: StreamCallerStep,
  message: (header: { sequenceNumber: number; streamSid: string }) => FromTwilio,
): StreamCallerStep {
  const sequence = step.caller.sequence + 1;
  return send(change(step, { sequence }), message({ sequenceNumber: sequence, streamSid: step.caller.options.streamSid }));
}
