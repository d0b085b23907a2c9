// What can happen to a call: facts in the past tense, by leg. Not messages (protocol/) and not orders (effects.ts).
// Every event carries `atMs`, milliseconds since the Unix epoch from a clock that never goes back. Events of a leg carry its epoch.

import type { ModelError, ModelUsage } from "../protocol/realtime/realtime.ts";

/** Who calls whom, as the webhook and `start` say it. Numbers are E.164 where Twilio knows them. */
export interface CallIdentity {
  readonly callSid: string;
  readonly accountSid: string;
  readonly from: string;
  readonly to: string;
}

/** The format of the caller leg's audio, `start.mediaFormat`. */
export interface CallerFormat {
  readonly encoding: string;
  readonly sampleRateHz: number;
  readonly channels: number;
}

/** Events of the caller leg; `epoch` is the StreamSid. */
export type CallerEvent =
  /** `prewarm`: whether the model may be dialled before the stream is there; there is a bound on how many are. */
  | { readonly type: "caller.streamRequested"; readonly atMs: number; readonly prewarm: boolean }
  | { readonly type: "caller.started"; readonly atMs: number; readonly epoch: string; readonly format: CallerFormat }
  | {
      readonly type: "caller.audio";
      readonly atMs: number;
      readonly epoch: string;
      readonly sequence: number;
      /** Milliseconds since the stream began, of the frame's first sample. */
      readonly timestampMs: number;
      /** base64, PCMU */
      readonly payload: string;
    }
  | {
      readonly type: "caller.markReturned";
      readonly atMs: number;
      readonly epoch: string;
      readonly sequence: number;
      readonly name: string;
    }
  | { readonly type: "caller.keyPressed"; readonly atMs: number; readonly epoch: string; readonly sequence: number; readonly digit: string }
  | { readonly type: "caller.frameRejected"; readonly atMs: number; readonly epoch: string; readonly bad: string }
  /** The `stop` message: the stream or the call is over. */
  | { readonly type: "caller.stopped"; readonly atMs: number; readonly epoch: string }
  /** The socket closed; 1006 when it broke. */
  | { readonly type: "caller.disconnected"; readonly atMs: number; readonly epoch: string; readonly code: number; readonly reason: string }
  /** Twilio asked /twilio/after what comes next; answered by the effect `after.answer` of the same step. */
  | {
      readonly type: "caller.nextRequested";
      readonly atMs: number;
      readonly callStatus: string;
      /** How a `<Dial>` of ours ended: https://www.twilio.com/docs/voice/twiml/dial#dialcallstatus */
      readonly dialCallStatus: string | undefined;
    }
  /** The status callback: the call is over, or going on. */
  | { readonly type: "caller.statusReported"; readonly atMs: number; readonly callStatus: string };

/** Events of the model leg; `epoch` is the number of the connection, from 1. */
export type ModelEvent =
  | { readonly type: "model.opened"; readonly atMs: number; readonly epoch: number }
  /** `session.updated`: it hears what we say it hears. Formats are undefined when the server does not tell. */
  | {
      readonly type: "model.ready";
      readonly atMs: number;
      readonly epoch: number;
      readonly inputFormat: string | undefined;
      readonly outputFormat: string | undefined;
    }
  | { readonly type: "model.speechStarted"; readonly atMs: number; readonly epoch: number; readonly itemId: string }
  | { readonly type: "model.speechStopped"; readonly atMs: number; readonly epoch: number; readonly itemId: string }
  | { readonly type: "model.responseStarted"; readonly atMs: number; readonly epoch: number; readonly responseId: string }
  | {
      readonly type: "model.audio";
      readonly atMs: number;
      readonly epoch: number;
      readonly responseId: string;
      readonly itemId: string;
      readonly contentIndex: number;
      /** base64, PCMU */
      readonly payload: string;
    }
  | {
      readonly type: "model.audioDone";
      readonly atMs: number;
      readonly epoch: number;
      readonly responseId: string;
      readonly itemId: string;
      readonly contentIndex: number;
    }
  /** What the model says it said, in words. */
  | {
      readonly type: "model.responseTranscribed";
      readonly atMs: number;
      readonly epoch: number;
      readonly responseId: string;
      readonly itemId: string;
      readonly text: string;
    }
  /** What the caller said, in words, as the transcription has it. */
  | {
      readonly type: "model.speechTranscribed";
      readonly atMs: number;
      readonly epoch: number;
      readonly itemId: string;
      readonly text: string;
    }
  | {
      readonly type: "model.responseDone";
      readonly atMs: number;
      readonly epoch: number;
      readonly responseId: string;
      readonly status: "completed" | "cancelled" | "failed" | "incomplete";
      readonly reason: string | undefined;
      readonly error: ModelError | undefined;
      readonly usage: ModelUsage | undefined;
    }
  /** An `error` event of the server. */
  | { readonly type: "model.errorReported"; readonly atMs: number; readonly epoch: number; readonly error: ModelError }
  | { readonly type: "model.eventRejected"; readonly atMs: number; readonly epoch: number; readonly bad: string }
  /** The connection ended or never opened. */
  | {
      readonly type: "model.lost";
      readonly atMs: number;
      readonly epoch: number;
      readonly code: number;
      readonly reason: string;
      readonly httpStatus: number | undefined;
      readonly failure: string | undefined;
      /** `error.code` of a refused handshake; as ports.ts has it. */
      readonly errorCode?: string | undefined;
      /** A refused handshake's Retry-After, milliseconds. */
      readonly retryAfterMs?: number | undefined;
    };

/** Everything that can happen to a call. */
export type CallEvent =
  | CallerEvent
  | ModelEvent
  /** The earliest deadline has passed. */
  | { readonly type: "clock.rang"; readonly atMs: number }
  /** The drain time is over: the call must end now. */
  | { readonly type: "operator.drained"; readonly atMs: number }
  /** A step or an effect of this call threw. */
  | { readonly type: "server.threw"; readonly atMs: number };
