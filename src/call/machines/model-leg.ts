// The model leg: the state of the connection, which failures are final, and when to dial again. Not the socket.
// Follows https://developers.openai.com/api/docs/guides/realtime-websocket ; the codes are OpenAI's, the backoff is
// ours.

import { modelErrorCode, modelErrorEffect, requestedDelayMs } from "../../protocol/realtime/errors.ts";
import type { ModelError } from "../../protocol/realtime/realtime.ts";
import { optionNamed, optionRefused, type SessionOption } from "../../protocol/realtime/session-options.ts";

/**
 * The model's side of the call. `epoch` numbers the connections from 1. `attempt` numbers the dials since a connection
 * last completed a response, from 1; 0 after a completed response.
 */
export type ModelLeg =
  | { readonly state: "none"; readonly epoch: number }
  | { readonly state: "dialling"; readonly epoch: number; readonly attempt: number }
  /** Open; `session.update` was sent. */
  | { readonly state: "configuring"; readonly epoch: number; readonly attempt: number }
  | { readonly state: "ready"; readonly epoch: number; readonly attempt: number }
  /** Lost; dialled again at the deadline `redial`. */
  | { readonly state: "backingOff"; readonly epoch: number; readonly attempt: number }
  /** Closed for good: the call is leaving or has ended. */
  | { readonly state: "closed"; readonly epoch: number };

/** A leg with a connection, open or being opened. */
export type ConnectedLeg = Extract<ModelLeg, { state: "dialling" | "configuring" | "ready" }>;

export function isConnected(model: ModelLeg): model is ConnectedLeg {
  return model.state === "dialling" || model.state === "configuring" || model.state === "ready";
}

/** The session that is to replace the current one (rules/roll-over.ts). */
export interface Successor {
  readonly state: "dialling" | "configuring" | "ready";
  readonly epoch: number;
}

/** The `event_id` of our `session.update`: an error that names it rejects our configuration. */
const CONFIGURE_EVENT_ID = "voice_configure";

/** Each update leaves out more than the one before, so it has another id. */
export function configureEventId(omitted: readonly SessionOption[]): string {
  return omitted.length === 0 ? CONFIGURE_EVENT_ID : `${CONFIGURE_EVENT_ID}_${omitted.length}`;
}

/** The next dial; `dials` is how many this call has made. */
export function nextDial(model: ModelLeg, dials: number): Extract<ModelLeg, { state: "dialling" }> {
  const attempt = "attempt" in model ? model.attempt + 1 : 1;
  return { state: "dialling", epoch: dials + 1, attempt };
}

/**
 * Starts the count of attempts again after a completed response. Until then the backoff grows, even for a model that is
 * lost as soon as it is ready.
 */
export function provenLeg(model: ModelLeg): ModelLeg {
  return model.state === "ready" && model.attempt > 0 ? { ...model, attempt: 0 } : model;
}

/** Handshake statuses worth a retry; every other status is final. */
const RETRIED_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** OpenAI rejects clients with close codes from 3000 (key) and 4000 (API shape); the reason names the error code. */
const FIRST_REJECTING_CLOSE = 3_000;

/** The first backoff; each further one is twice as long. */
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2_000;

/** Codes that also stand for another model in the settings: the one that transcribes. */
const ABOUT_A_MODEL: ReadonlySet<string | undefined> = new Set(["model_not_found", "invalid_model"]);

/**
 * Whether an error, from an `error` event or a failed response, is final: a retry would give the same. One that is
 * about a setting that a call can do without is not.
 */
export function isFatalError({ code, param }: ModelError): boolean {
  return modelErrorEffect(code) === "fatal" && !(ABOUT_A_MODEL.has(code) && optionNamed(param) !== undefined);
}

/** Whether the session has come to its end with this error: the server closes it, or can no longer serve it. */
export function endsSession(error: ModelError): boolean {
  return error.code === "session_expired" || error.code === "server_error";
}

/** Codes of errors that have another cause than the settings, whenever they arrive. */
const NOT_ABOUT_SETTINGS: ReadonlySet<string | undefined> = new Set([
  "server_error",
  "session_expired",
  "rate_limit_exceeded",
  "conversation_already_has_active_response",
]);

/**
 * Whether an error that arrives while the session is configured rejects our settings. Servers need not say so: until
 * `session.updated` voice has sent nothing else. An error about the account, or about the model itself, is final
 * instead.
 */
export function rejectsConfiguration(error: ModelError): boolean {
  if (!isFatalError(error)) return !NOT_ABOUT_SETTINGS.has(error.code) && modelErrorEffect(error.code) !== "harmless";
  return ABOUT_A_MODEL.has(error.code) && (optionNamed(error.message) !== undefined || isOfConfigure(error));
}

/**
 * Whether an error rejects an update that another one has replaced meanwhile, for a reason that is already dealt with.
 */
export function isSettled(error: ModelError, omitted: readonly SessionOption[]): boolean {
  const option = optionRefused(error);
  return isOfConfigure(error) && error.eventId !== configureEventId(omitted) && (option === undefined || omitted.includes(option));
}

function isOfConfigure({ eventId }: ModelError): boolean {
  return eventId?.startsWith(CONFIGURE_EVENT_ID) ?? false;
}

/** PCMU: its name in the GA API, and in the beta API. */
const PCMU_FORMATS: ReadonlySet<string> = new Set(["audio/pcmu", "g711_ulaw"]);

/** The format in `session.updated` that is not PCMU; undefined when both are PCMU or not stated. */
export function wrongFormat(formats: {
  readonly inputFormat: string | undefined;
  readonly outputFormat: string | undefined;
}): string | undefined {
  return [formats.inputFormat, formats.outputFormat].find((format) => format !== undefined && !PCMU_FORMATS.has(format));
}

interface ModelEnding {
  readonly code: number;
  readonly reason?: string;
  readonly httpStatus: number | undefined;
  readonly errorCode?: string | undefined;
}

/** For a rate limit whose message has no time. */
const DEFAULT_RESET_MS = 1_000;

/** How long to wait before a retry: what the error asks. Undefined when it asks nothing and is not a rate limit. */
export function retryDelayMs(error: ModelError | undefined): number | undefined {
  if (error === undefined) return undefined;
  return requestedDelayMs(error.message) ?? (error.code === "rate_limit_exceeded" ? DEFAULT_RESET_MS : undefined);
}

/** Whether the way a connection ended is final: another dial would end the same way. */
export function isFatalEnd({ code, reason = "", httpStatus, errorCode }: ModelEnding): boolean {
  // OpenAI closes with "invalid_request_error.invalid_api_key".
  const byReason = modelErrorCode({ code: reason.slice(reason.lastIndexOf(".") + 1), type: undefined, message: reason });
  const known = errorCode ?? byReason;
  // An account without credit gets 429, as a rate limit does.
  if (modelErrorEffect(known) === "fatal") return true;
  if (httpStatus !== undefined) return !RETRIED_STATUS.has(httpStatus);
  return code >= FIRST_REJECTING_CLOSE && known === undefined;
}

/**
 * How long to wait after dial number `attempt` failed, or after a model that had completed a response (0) was lost:
 * 100 ms, doubled each time, at most 2 s. The jitter takes off up to 25 %, so that calls that lost the model at the
 * same moment do not all redial at the same moment.
 */
export function backoffMs(attempt: number, seed: number): number {
  const fullMs = Math.min(FIRST_BACKOFF_MS * 2 ** Math.max(attempt - 1, 0), LONGEST_BACKOFF_MS);
  return Math.round(fullMs * (0.75 + 0.25 * jitter(seed + attempt)));
}

/** A seed from a CallSid: FNV-1a, 32 bits, http://www.isthe.com/chongo/tech/comp/fnv/ */
export function jitterSeedOf(callSid: string): number {
  let hash = 0x811c9dc5;
  for (const char of callSid) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

/**
 * A number in [0, 1) from a seed: mulberry32, public domain,
 * https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
function jitter(seed: number): number {
  let mixed = (seed + 0x6d2b79f5) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
