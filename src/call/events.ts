// Events: what has happened to a call, by leg. They are facts, not messages (protocol/) and not orders (effects.ts).
// Every event carries `atMs`: milliseconds since the Unix epoch, from a clock that never goes back. Events of a leg
// also carry the leg's epoch.

import type { MediaFormat } from "../protocol/media-streams/media-streams.ts";
import type { FunctionCall, ModelError } from "../protocol/realtime/realtime.ts";
import type { ModelUsage, TranscriptionUsage } from "../protocol/realtime/usage.ts";

/** Who calls whom, from the webhook or `start`. Numbers are E.164 where Twilio knows them. */
export interface CallIdentity {
  readonly callSid: string;
  readonly accountSid: string;
  readonly from: string;
  readonly to: string;
  /** Undefined when no webhook of this call reached this process. */
  readonly direction?: CallDirection | undefined;
  /** An operator calls, from the console: the login was checked. */
  readonly isOperator?: true;
}

/** Who placed the call: someone who dialled our number, or our own request to Twilio. */
export type CallDirection = "inbound" | "outbound";

/** Events of the caller leg; `epoch` is the StreamSid. */
export type CallerEvent =
  /** The webhook was answered with a stream. `prewarm`: the model may be dialled before the stream starts. */
  | { readonly type: "caller.streamRequested"; readonly atMs: number; readonly prewarm: boolean }
  | { readonly type: "caller.started"; readonly atMs: number; readonly epoch: string; readonly format: MediaFormat }
  | {
      readonly type: "caller.audio";
      readonly atMs: number;
      readonly epoch: string;
      readonly sequence: number;
      /** When the frame's first sample was recorded, milliseconds since the stream began. */
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
  /** A frame could not be read. `bad`: what was wrong with it. */
  | { readonly type: "caller.frameRejected"; readonly atMs: number; readonly epoch: string; readonly bad: string }
  /** The `stop` message: the stream or the call is over. */
  | { readonly type: "caller.stopped"; readonly atMs: number; readonly epoch: string }
  /** The socket closed; code 1006 when it broke. */
  | { readonly type: "caller.disconnected"; readonly atMs: number; readonly epoch: string; readonly code: number; readonly reason: string }
  /** Twilio asked /twilio/after what comes next; the effect `after.answer` of the same step answers it. */
  | {
      readonly type: "caller.nextRequested";
      readonly atMs: number;
      readonly callStatus: string;
      /** How our `<Dial>` ended, after a transfer: https://www.twilio.com/docs/voice/twiml/dial#dialcallstatus */
      readonly dialCallStatus: string | undefined;
      /** Whether the two were connected; undefined when Twilio does not say. */
      readonly dialBridged?: boolean | undefined;
    }
  /** Twilio's status callback. */
  | { readonly type: "caller.statusReported"; readonly atMs: number; readonly callStatus: string };

/** Events of the model leg; `epoch` numbers its connections from 1. */
export type ModelEvent =
  | { readonly type: "model.opened"; readonly atMs: number; readonly epoch: number }
  /** `session.updated`: our settings are in effect. Formats are undefined when the server does not state them. */
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
  /** The transcript of what the model said. */
  | {
      readonly type: "model.responseTranscribed";
      readonly atMs: number;
      readonly epoch: number;
      readonly responseId: string;
      readonly itemId: string;
      readonly text: string;
    }
  /** The transcript of what the caller said. */
  | {
      readonly type: "model.speechTranscribed";
      readonly atMs: number;
      readonly epoch: number;
      readonly itemId: string;
      readonly text: string;
      readonly usage?: TranscriptionUsage | undefined;
    }
  /** The model calls a function: the response may have no audio. It is run when the response is complete. */
  | {
      readonly type: "model.functionCalled";
      readonly atMs: number;
      readonly epoch: number;
      readonly responseId: string;
      readonly call: FunctionCall;
    }
  | {
      readonly type: "model.responseDone";
      readonly atMs: number;
      readonly epoch: number;
      readonly responseId: string;
      readonly status: "completed" | "cancelled" | "failed" | "incomplete";
      /** Whether its output has a call of a function or tool. */
      readonly hasCalls: boolean;
      readonly calls: readonly FunctionCall[];
      readonly reason: string | undefined;
      readonly error: ModelError | undefined;
      readonly usage: ModelUsage | undefined;
    }
  /** An `error` event from the server. */
  | { readonly type: "model.errorReported"; readonly atMs: number; readonly epoch: number; readonly error: ModelError }
  /** An event could not be read. `bad`: what was wrong with it. */
  | { readonly type: "model.eventRejected"; readonly atMs: number; readonly epoch: number; readonly bad: string }
  /** The connection closed, or never opened. */
  | {
      readonly type: "model.lost";
      readonly atMs: number;
      readonly epoch: number;
      readonly code: number;
      readonly reason: string;
      readonly httpStatus: number | undefined;
      readonly failure: string | undefined;
      /** `error.code` of a rejected handshake, as in ports.ts. */
      readonly errorCode?: string | undefined;
      /** Retry-After of a rejected handshake, milliseconds. */
      readonly retryAfterMs?: number | undefined;
    };

export type CallEvent =
  | CallerEvent
  | ModelEvent
  /** A tool has answered, or failed: `output` is for the model, in words. */
  | { readonly type: "tool.returned"; readonly atMs: number; readonly callId: string; readonly output: string }
  /**
   * Twilio asked /twilio/screen what a person hears who has answered a screened transfer; the effect `screen.answer` of
   * the same step answers it.
   */
  | {
      readonly type: "transfer.screenRequested";
      readonly atMs: number;
      /** The CallSid of the person's leg. */
      readonly leg: string;
      /** Who was dialled, as Twilio writes it. */
      readonly to: string;
      /** The key that was pressed; undefined when the person has just answered. */
      readonly digits: string | undefined;
    }
  /** What the agent may spend in a day is spent. */
  | { readonly type: "budget.spent"; readonly atMs: number }
  /** The earliest deadline has passed. */
  | { readonly type: "clock.rang"; readonly atMs: number }
  /** An operator hangs up. */
  | { readonly type: "operator.hungUp"; readonly atMs: number }
  /** The drain time is over: the call must end now. */
  | { readonly type: "operator.drained"; readonly atMs: number }
  /** A step or an effect of this call threw. */
  | { readonly type: "server.threw"; readonly atMs: number };
