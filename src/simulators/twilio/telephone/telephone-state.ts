// The state of one telephone call, what is recorded about it, and the helpers that build a step. No rules: those are in
// fetch-document.ts, run-verbs.ts and stream.ts. Inputs and outputs are in inputs-outputs.ts.

import type { HttpHead } from "../../../protocol/http/message.ts";
import type { TwimlElement } from "../../../protocol/twiml/reader.ts";
import type { HeardAudio } from "../playback.ts";
import type { StreamCaller, StreamCounts } from "../stream-caller-state.ts";
import type { AnswerPlan, HttpAnswer, NetworkFailure, TwilioFault } from "../webhook-answer.ts";
import type { WebhookLimits } from "../webhook-limits.ts";
import type { CallFacts, CallStatus, FormParams, WebhookRequest } from "../webhook-request.ts";
import type { Person, TelephoneOptions, TelephoneOutput } from "./inputs-outputs.ts";

export type RequestPurpose = "voice" | "redirect" | "action" | "fallback" | "status" | "streamStatus";

/** One HTTP request and its result. A followed redirect or a retry is an exchange of its own. */
export interface HttpExchange {
  readonly id: number;
  readonly purpose: RequestPurpose;
  readonly atMs: number;
  readonly params: FormParams;
  readonly request: WebhookRequest;
  /** Undefined while the request is pending, or if the call ended first. */
  readonly answeredAtMs?: number;
  readonly answer?: HttpAnswer;
  readonly failure?: { readonly kind: NetworkFailure; readonly detail: string };
  /**
   * Twilio's reaction: `plan`, or `fault` for its debugger. Neither for successful callbacks and followed redirects.
   */
  readonly plan?: AnswerPlan;
  readonly fault?: TwilioFault;
}

export interface PendingRequest {
  readonly id: number;
  readonly purpose: RequestPurpose;
  readonly url: string;
  readonly method: "POST" | "GET";
  readonly params: FormParams;
  readonly limits: WebhookLimits;
  /** When the first attempt began: `limits.totalMs` covers all attempts. */
  readonly sinceMs: number;
  readonly retries: number;
  readonly redirects: number;
  /** The `Authorization` header, once the server has asked for it. */
  readonly authorization?: string;
  /** False if the call does not wait for the answer: callbacks, and the action of a call that is over. */
  readonly isDocument: boolean;
}

/** The record of one media stream, from dialling to its end. */
export interface StreamLog {
  readonly id: number;
  readonly streamSid: string;
  readonly url: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly dialledAtMs: number;
  readonly answer?: { readonly atMs: number; readonly head: HttpHead; readonly body: Uint8Array };
  /**
   * A violation of RFC 6455 that Twilio's client probably tolerates: a subprotocol or extension that was not offered.
   */
  readonly handshakeRisk?: string;
  readonly openedAtMs?: number;
  readonly firstMediaAtMs?: number;
  readonly pings: number;
  /** Answers to our pings. Undefined: none. */
  readonly pongs?: number;
  readonly counts?: StreamCounts;
  readonly heard?: HeardAudio;
  readonly end?: StreamEnd;
}

export interface StreamEnd {
  readonly atMs: number;
  /**
   * `caller`: hung up after `stop`. `server`: closed the socket. `network`: the connection broke. `handshake`: it never
   * opened.
   */
  readonly by: "caller" | "server" | "network" | "handshake";
  /** The server's close code, even if it only answered ours. Undefined when the socket never opened. */
  readonly code: number | undefined;
  readonly reason: string;
}

/** The current stream. `closing`: the caller has hung up and the server has until `closeDueMs` to close. */
export interface LiveStream {
  readonly id: number;
  readonly phase: "dialling" | "open" | "closing";
  readonly caller: StreamCaller;
  readonly key: string;
  readonly name: string | undefined;
  readonly statusCallback: { readonly url: string; readonly method: "POST" | "GET" } | undefined;
  readonly closeDueMs: number;
  /** When our close is due, if it is delayed after `stop`. */
  readonly lingerUntilMs?: number | undefined;
}

/** What someone listening on the line would notice, in order. `atMs` of "audio" and "spoke" is the start. */
export type LineEvent =
  /** Audio from the stream, without a break. */
  | { readonly kind: "audio"; readonly atMs: number; readonly untilMs: number; readonly cleared: boolean; readonly streamId: number }
  /** `<Say>`. */
  | { readonly kind: "say"; readonly atMs: number; readonly text: string; readonly language: string | undefined }
  /** `<Play>` of a file or of digits. */
  | { readonly kind: "play"; readonly atMs: number; readonly what: string }
  | { readonly kind: "applicationError"; readonly atMs: number; readonly text: string; readonly twilioCode: number }
  /** `<Dial>`. */
  | { readonly kind: "dial"; readonly atMs: number; readonly target: string }
  /** The caller and a person who was dialled can talk. */
  | { readonly kind: "connected"; readonly atMs: number; readonly target: string }
  /** Another verb or noun. It is noted and skipped. */
  | { readonly kind: "verb"; readonly atMs: number; readonly name: string }
  /** The caller spoke into a stream. */
  | { readonly kind: "spoke"; readonly atMs: number; readonly untilMs: number }
  | { readonly kind: "hangup"; readonly atMs: number; readonly by: CallEnd["by"] };

/** An entry in Twilio's debugger. */
export interface TwilioProblem extends TwilioFault {
  readonly atMs: number;
  readonly level: "error" | "warning";
}

export interface CallEnd {
  readonly atMs: number;
  readonly by: "caller" | "server" | "twilio";
  /**
   * `hungUp`: by the caller. `hangup`, `reject`: the verbs. `endOfDocument`: no verb was left. `tooLong`: more
   * documents, verbs, streams or requests than any call needs.
   */
  readonly cause: "hungUp" | "hangup" | "reject" | "endOfDocument" | "applicationError" | "tooLong";
}

/** What the call is doing. Without an `action`, the next verb follows. */
export type TelephonePhase =
  | { readonly type: "idle" }
  | { readonly type: "fetching" }
  /** The program's next verb is due. */
  | { readonly type: "running" }
  | { readonly type: "paused"; readonly untilMs: number }
  | { readonly type: "gathering"; readonly gather: Gather; readonly digits: string; readonly untilMs: number }
  | { readonly type: "streaming"; readonly action: ActionTarget | undefined }
  /** The stream has ended; what follows has not started. */
  | { readonly type: "connectEnded"; readonly action: ActionTarget | undefined }
  | {
      readonly type: "dialling";
      readonly action: ActionTarget | undefined;
      readonly sinceMs: number;
      readonly ringUntilMs: number;
      /** The first of `dialled` that this `<Dial>` has called. */
      readonly from: number;
    }
  /** The `<Dial>` has ended; what follows has not started. */
  | { readonly type: "dialEnded"; readonly action: ActionTarget | undefined; readonly params: FormParams }
  | { readonly type: "over" };

/** A person whom a `<Dial>` has called. */
export interface DialledPerson {
  /** As the noun has it. */
  readonly target: string;
  readonly callSid: string;
  readonly person: Person;
  /** `<Number url>`, absolute. */
  readonly screenUrl: string | undefined;
  readonly callerId: string | undefined;
  /** When they answer, or refuse. */
  readonly answerMs: number | undefined;
  readonly state: "ringing" | "screened" | "connected" | "over";
  /** Their own call, which runs the document of `screenUrl`: its requests, and what they hear. */
  readonly call?: TelephoneCall;
  readonly connectedAtMs?: number;
  readonly hangUpMs?: number;
  readonly outcome?: "busy" | "failed" | "no-answer" | "completed" | "canceled";
}

/** The absolute target of an `action` attribute. */
export interface ActionTarget {
  readonly url: string;
  readonly method: "POST" | "GET";
}

/** The `<Gather>` in progress. */
export interface Gather {
  readonly action: ActionTarget;
  readonly numDigits: number | undefined;
  readonly finishOnKey: string;
  readonly timeoutMs: number;
}

export interface TelephoneCall {
  readonly options: TelephoneOptions;
  readonly facts: CallFacts;
  readonly phase: TelephonePhase;
  readonly status: CallStatus;
  readonly placedAtMs: number;
  readonly answeredAtMs: number | undefined;
  readonly lastId: number;
  /** The URL of the current document: the base of relative URLs. */
  readonly documentUrl: string;
  readonly documents: number;
  /** Run so far, over all documents. */
  readonly verbs: number;
  /** The verbs still to run. */
  readonly program: readonly TwimlElement[];
  readonly pending: readonly PendingRequest[];
  readonly stream: LiveStream | undefined;
  /** Everyone whom a `<Dial>` of this call has called. */
  readonly dialled: readonly DialledPerson[];
  readonly exchanges: readonly HttpExchange[];
  readonly streams: readonly StreamLog[];
  readonly line: readonly LineEvent[];
  readonly problems: readonly TwilioProblem[];
  readonly end: CallEnd | undefined;
  readonly wakeAtMs: number | undefined;
  readonly done: boolean;
}

/** A step in progress: the state so far and the outputs so far. */
export interface TelephoneStep {
  readonly call: TelephoneCall;
  readonly outputs: readonly TelephoneOutput[];
}

/** The most line events, and the most problems, kept per call. Later ones are dropped. */
export const MAX_NOTES = 10_000;

export function change(step: TelephoneStep, fields: Partial<TelephoneCall>): TelephoneStep {
  return { call: { ...step.call, ...fields }, outputs: step.outputs };
}

export function emit(step: TelephoneStep, ...added: readonly TelephoneOutput[]): TelephoneStep {
  return { call: step.call, outputs: [...step.outputs, ...added] };
}

/** Adds a line event. */
export function note(step: TelephoneStep, event: LineEvent): TelephoneStep {
  return step.call.line.length >= MAX_NOTES ? step : change(step, { line: [...step.call.line, event] });
}

/** Adds an entry to Twilio's debugger. */
export function report(step: TelephoneStep, atMs: number, level: TwilioProblem["level"], { twilioCode, what }: TwilioFault): TelephoneStep {
  if (step.call.problems.length >= MAX_NOTES) return step;
  return change(step, { problems: [...step.call.problems, { twilioCode, what, atMs, level }] });
}

export function updateStreamLog(step: TelephoneStep, id: number, fields: Partial<StreamLog>): TelephoneStep {
  return change(step, { streams: step.call.streams.map((log) => (log.id === id ? { ...log, ...fields } : log)) });
}
