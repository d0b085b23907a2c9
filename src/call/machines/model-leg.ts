// The model leg: dialling, configuring, ready, lost; which failures are final, and when to dial again. Not the socket.
// Follows https://developers.openai.com/api/docs/guides/realtime-websocket ; the codes are OpenAI's, the backoff is ours.

import { modelErrorEffect } from "../../protocol/realtime/errors.ts";
import type { ModelError } from "../../protocol/realtime/realtime.ts";

/** The model's side of the call. `epoch` numbers the connections from 1; `attempt` the dials since one was of use, from 1. */
export type ModelLeg =
  | { readonly state: "none"; readonly epoch: number }
  | { readonly state: "dialling"; readonly epoch: number; readonly attempt: number }
  /** Open; `session.update` is sent. */
  | { readonly state: "configuring"; readonly epoch: number; readonly attempt: number }
  | { readonly state: "ready"; readonly epoch: number; readonly attempt: number }
  /** Lost, and dialled again when the deadline `redial` rings. */
  | { readonly state: "waiting"; readonly epoch: number; readonly attempt: number }
  /** Not dialled again. */
  | { readonly state: "gone"; readonly epoch: number };

/** A model with a connection, open or about to be. */
export type ConnectedLeg = Extract<ModelLeg, { state: "dialling" | "configuring" | "ready" }>;

/** Whether there is a connection: none yet, lost and gone have none. */
export function isConnected(model: ModelLeg): model is ConnectedLeg {
  return model.state === "dialling" || model.state === "configuring" || model.state === "ready";
}

/** The `event_id` of our `session.update`: an error that names it refuses our configuration. */
export const CONFIGURE_EVENT_ID = "voice_configure";

/** The dial that comes next, after `dials` of this call. */
export function nextDial(model: ModelLeg, dials: number): Extract<ModelLeg, { state: "dialling" }> {
  const attempt = "attempt" in model ? model.attempt + 1 : 1;
  return { state: "dialling", epoch: dials + 1, attempt };
}

/** A ready model has completed a response: the dials are counted anew. Until then one that goes as soon as it is ready is backed off from. */
export function provenLeg(model: ModelLeg): ModelLeg {
  return model.state === "ready" && model.attempt > 0 ? { ...model, attempt: 0 } : model;
}

/** Handshake answers worth another try; every other status is the server's last word. */
const RETRIED_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Close codes with which OpenAI refuses a client: 3000 for the key, 4000 for the shape; the reason names the code. */
const FIRST_REFUSING_CLOSE = 3_000;

/** First wait before dialling again; each further one is twice as long. */
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2_000;

/** Whether an error, of an `error` event or of a failed response, is final. */
export function isFatalError(error: ModelError): boolean {
  return modelErrorEffect(error.code) === "fatal";
}

/** Whether an error refuses our configuration: it names our `session.update`, or a field of the session. */
export function refusesConfiguration(error: ModelError): boolean {
  return error.eventId === CONFIGURE_EVENT_ID || (error.param?.startsWith("session") ?? false);
}

/** PCMU by its GA name, and by its older one. */
const PCMU_FORMATS: ReadonlySet<string> = new Set(["audio/pcmu", "g711_ulaw"]);

/** The format of a `session.updated` in which we don't speak; undefined when it is PCMU both ways, or does not say. */
export function wrongFormat(formats: {
  readonly inputFormat: string | undefined;
  readonly outputFormat: string | undefined;
}): string | undefined {
  return [formats.inputFormat, formats.outputFormat].find((format) => format !== undefined && !PCMU_FORMATS.has(format));
}

/** How a connection ended, as far as the verdict goes. */
interface ModelEnding {
  readonly code: number;
  readonly httpStatus: number | undefined;
  readonly errorCode?: string | undefined;
}

/** OpenAI words a rate limit's reset as "Please try again in 1.2s." or "… in 300ms.". */
const RESET = /try again in ([\d.]+)(ms|s)\b/;
/** When a rate limit says nothing of its reset. */
const UNSAID_RESET_MS = 1_000;

/** How long to wait before asking again after this error, milliseconds; undefined when it is no rate limit. */
export function rateLimitMs(error: ModelError | undefined): number | undefined {
  if (error?.code !== "rate_limit_exceeded") return undefined;
  const [, amount, unit] = RESET.exec(error.message) ?? [];
  return amount === undefined ? UNSAID_RESET_MS : Math.ceil(Number(amount) * (unit === "s" ? 1_000 : 1));
}

/** Whether dialling again after this end would give the same answer. */
export function isFatalEnd({ code, httpStatus, errorCode }: ModelEnding): boolean {
  // An account without money is refused with 429, as a rate limit is.
  if (modelErrorEffect(errorCode) === "fatal") return true;
  if (httpStatus !== undefined) return !RETRIED_STATUS.has(httpStatus);
  return code >= FIRST_REFUSING_CLOSE;
}

/**
 * How long to wait after dial number `attempt` has failed, or after a model that was of use (0) is lost: 100 ms, doubled each time, at most 2 s, of which the seeded jitter leaves 75 to 100 %, so that
 * the calls of a process that all lost the model at once do not all come back at once.
 */
export function backoffMs(attempt: number, seed: number): number {
  const fullMs = Math.min(FIRST_BACKOFF_MS * 2 ** Math.max(attempt - 1, 0), LONGEST_BACKOFF_MS);
  return Math.round(fullMs * (0.75 + 0.25 * jitter(seed + attempt)));
}

/** A seed from a CallSid: FNV-1a, 32 bits, http://www.isthe.com/chongo/tech/comp/fnv/ */
export function seedOf(callSid: string): number {
  let hash = 0x811c9dc5;
  for (const char of callSid) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

/** A number in [0, 1) from a seed: mulberry32, public domain, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function jitter(seed: number): number {
  let mixed = (seed + 0x6d2b79f5) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
