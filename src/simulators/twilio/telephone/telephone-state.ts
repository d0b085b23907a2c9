// The state of one telephone call as Twilio carries it, what is noted of it, and how a step is put together. No rules here
// (fetch-document.ts, run-verbs.ts, stream.ts), and what goes in and out is inputs-outputs.ts.

import type { HttpHead } from "../../../protocol/http/message.ts";
import type { TwimlElement } from "../../../protocol/twiml/reader.ts";
import type { HeardAudio } from "../playback.ts";
import type { StreamCaller, StreamCounts } from "../stream-caller-state.ts";
import type { AnswerPlan, HttpAnswer, NetworkFailure, TwilioFault } from "../webhook-answer.ts";
import type { WebhookLimits } from "../webhook-limits.ts";
import type { CallFacts, CallStatus, FormParams, WebhookRequest } from "../webhook-request.ts";
import type { TelephoneOptions, TelephoneOutput } from "./inputs-outputs.ts";

export type RequestPurpose = "voice" | "redirect" | "action" | "fallback" | "status" | "streamStatus";

/** One HTTP request and what came of it. A redirect that was followed, or a retry, is an exchange of its own. */
export interface HttpExchange {
  readonly id: number;
  readonly purpose: RequestPurpose;
  readonly atMs: number;
  readonly params: FormParams;
  readonly request: WebhookRequest;
  /** Undefined while it runs, or when the call ended before. */
  readonly answeredAtMs?: number;
  readonly answer?: HttpAnswer;
  readonly failure?: { readonly kind: NetworkFailure; readonly detail: string };
  /** What Twilio makes of it: a plan, or the fault that its console shows. Missing for callbacks that went well and redirects that were followed. */
  readonly plan?: AnswerPlan;
  readonly fault?: TwilioFault;
}

/** A request that runs. */
export interface PendingRequest {
  readonly id: number;
  readonly purpose: RequestPurpose;
  readonly url: string;
  readonly method: "POST" | "GET";
  readonly params: FormParams;
  readonly limits: WebhookLimits;
  /** When the first try began: `limits.totalMs` is for all of them. */
  readonly sinceMs: number;
  readonly retries: number;
  readonly redirects: number;
  /** `Authorization`, once the server has asked for it. */
  readonly authorization?: string;
  /** False for what nobody waits for: callbacks, and the action of a call that is over. */
  readonly isDocument: boolean;
}

/** One media stream, from dialling to its end. */
export interface StreamLog {
  readonly id: number;
  readonly streamSid: string;
  readonly url: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly dialledAtMs: number;
  readonly answer?: { readonly atMs: number; readonly head: HttpHead; readonly body: Uint8Array };
  /** What breaks RFC 6455 in the handshake's answer though Twilio's client probably bears it: a sub-protocol or extension that was not offered. */
  readonly handshakeRisk?: string;
  readonly openedAtMs?: number;
  readonly firstMediaAtMs?: number;
  readonly pings: number;
  readonly counts?: StreamCounts;
  readonly heard?: HeardAudio;
  readonly end?: StreamEnd;
}

export interface StreamEnd {
  readonly atMs: number;
  /** `caller`: hung up, the server had `stop`. `server`: it closed. `network`: it broke. `handshake`: it never opened. */
  readonly by: "caller" | "server" | "network" | "handshake";
  /** The server's close code, also where it only answered ours; undefined when it never opened. */
  readonly code: number | undefined;
  readonly reason: string;
}

/** The stream that lives now. `closing`: the caller has hung up, the server's close is awaited until `closeDueMs`. */
export interface LiveStream {
  readonly id: number;
  readonly phase: "dialling" | "open" | "closing";
  readonly caller: StreamCaller;
  readonly key: string;
  readonly name: string | undefined;
  readonly statusCallback: { readonly url: string; readonly method: "POST" | "GET" } | undefined;
  readonly closeDueMs: number;
  /** When our close is due while the stream lingers after `stop`. */
  readonly lingerUntilMs?: number | undefined;
}

/** What a person with an ear at the line would note, in order. Times of "heard" and "spoke" are when they began. */
export type LineEvent =
  /** Audio of the stream, without a break. */
  | { readonly kind: "audio"; readonly atMs: number; readonly untilMs: number; readonly cleared: boolean; readonly streamId: number }
  /** `<Say>`. */
  | { readonly kind: "words"; readonly atMs: number; readonly text: string; readonly language: string | undefined }
  /** `<Play>` of a file, or of digits. */
  | { readonly kind: "file"; readonly atMs: number; readonly what: string }
  | { readonly kind: "applicationError"; readonly atMs: number; readonly text: string; readonly twilioCode: number }
  /** `<Dial>`: whom. */
  | { readonly kind: "dial"; readonly atMs: number; readonly target: string }
  /** Another verb or noun, named and passed over. */
  | { readonly kind: "verb"; readonly atMs: number; readonly name: string }
  /** The caller spoke into a stream. */
  | { readonly kind: "spoke"; readonly atMs: number; readonly untilMs: number }
  | { readonly kind: "hangup"; readonly atMs: number; readonly by: CallEnd["by"] };

/** An entry of Twilio's debugger. */
export interface TwilioProblem extends TwilioFault {
  readonly atMs: number;
  readonly level: "error" | "warning";
}

export interface CallEnd {
  readonly atMs: number;
  readonly by: "caller" | "server" | "twilio";
  /** `endOfDocument`: no verb was left. `hangup`, `reject`: the verbs. */
  readonly cause: "hungUp" | "hangup" | "reject" | "endOfDocument" | "applicationError" | "tooManyDocuments";
}

/** What the call is at. Undefined `action`: the next verb follows. */
export type TelephonePhase =
  | { readonly type: "idle" }
  | { readonly type: "fetching" }
  /** The program's next verb is due. */
  | { readonly type: "running" }
  | { readonly type: "paused"; readonly untilMs: number }
  | { readonly type: "gathering"; readonly gather: Gather; readonly digits: string; readonly untilMs: number }
  | { readonly type: "streaming"; readonly action: ActionTarget | undefined }
  /** The stream has ended, not yet what follows. */
  | { readonly type: "connectEnded"; readonly action: ActionTarget | undefined }
  | { readonly type: "over" };

/** Where an `action` attribute points, absolute. */
export interface ActionTarget {
  readonly url: string;
  readonly method: "POST" | "GET";
}

/** A `<Gather>` that listens. */
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
  /** URL of the document that is being carried out: relative URLs start from it. */
  readonly documentUrl: string;
  readonly documents: number;
  /** Verbs still to do. */
  readonly program: readonly TwimlElement[];
  readonly pending: readonly PendingRequest[];
  readonly stream: LiveStream | undefined;
  readonly exchanges: readonly HttpExchange[];
  readonly streams: readonly StreamLog[];
  readonly line: readonly LineEvent[];
  readonly problems: readonly TwilioProblem[];
  readonly end: CallEnd | undefined;
  readonly wakeAtMs: number | undefined;
  readonly done: boolean;
}

/** A step being made, and what it made. */
export interface TelephoneStep {
  readonly call: TelephoneCall;
  readonly orders: readonly TelephoneOutput[];
}

/** Lines and problems kept of one call; what comes later is not noted. */
export const MAX_NOTES = 10_000;

/** Replaces fields of the call. */
export function change(step: TelephoneStep, fields: Partial<TelephoneCall>): TelephoneStep {
  return { call: { ...step.call, ...fields }, orders: step.orders };
}

/** Adds an order. */
export function emit(step: TelephoneStep, ...added: readonly TelephoneOutput[]): TelephoneStep {
  return { call: step.call, orders: [...step.orders, ...added] };
}

/** Notes what can be heard on the line. */
export function note(step: TelephoneStep, event: LineEvent): TelephoneStep {
  return step.call.line.length >= MAX_NOTES ? step : change(step, { line: [...step.call.line, event] });
}

/** Notes what Twilio's debugger would show. */
export function report(step: TelephoneStep, atMs: number, level: TwilioProblem["level"], { twilioCode, what }: TwilioFault): TelephoneStep {
  if (step.call.problems.length >= MAX_NOTES) return step;
  return change(step, { problems: [...step.call.problems, { twilioCode, what, atMs, level }] });
}

/** Changes the log of one stream. */
export function updateStreamLog(step: TelephoneStep, id: number, fields: Partial<StreamLog>): TelephoneStep {
  return change(step, { streams: step.call.streams.map((log) => (log.id === id ? { ...log, ...fields } : log)) });
}
