// Somebody is told: a signed POST to VOICE_ALERT_URL when a caller heard what the ladder had left. Not the log, which has every such call; not a queue that
// outlives the process. The signature is an HMAC (RFC 2104) over the body, so that whoever is told can tell us from strangers:
//
//   X-Voice-Signature: sha256=HEX      HEX = HMAC-SHA256(KEY, body), KEY = HMAC-SHA256(TWILIO_AUTH_TOKEN, "voice alert 1"); without a token there is none

import { createHmac } from "node:crypto";
import type { EndCause } from "../call/end-reason.ts";
import type { Clock, Log } from "../call/ports.ts";

/** What somebody is told of: the end of a call, or of one that never became one. */
export type AlertCause =
  | EndCause
  /** VOICE_MAX_CALLS is reached. */
  | "full"
  /** VOICE_MAX_MEMORY_MB is reached. */
  | "outOfMemory"
  /** A webhook's signature fits no URL that was tried. */
  | "misconfigured"
  /** Twilio could not go on with an answer, and asked the fallback. */
  | "twilioError"
  /** A caller was handed to VOICE_TRANSFER_TO, and nobody answered there. */
  | "transferFailed"
  /** Twilio asked what comes next for a call that this process does not know. */
  | "unknownCall";

/** Tells somebody, or counts; returns at once and never throws. `callSid`: undefined where nothing proves it. */
export type Alert = (cause: AlertCause, detail: string, callSid: string | undefined) => void;

/** The body of an alert, as JSON. */
export interface AlertBody {
  readonly cause: AlertCause;
  /** What the operator can do. */
  readonly fix: string;
  /** What happened this time, in words. */
  readonly detail: string;
  /** How often it happened since the alert of this cause before this one; at least 1. */
  readonly count: number;
  readonly callSid: string | undefined;
  readonly atMs: number;
  /** As /healthz has it. */
  readonly instance: string;
}

/** Where alerts go, and what they need. */
export interface AlertOptions {
  /** undefined: nobody is told. */
  readonly url: string | undefined;
  /** Undefined: alerts are not signed. */
  readonly authToken: string | undefined;
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** From one alert of a cause to the next: who is told each minute knows enough. */
export const ALERT_EVERY_MS = 60_000;
/** How long the other side may take. */
export const ALERT_TIMEOUT_MS = 5_000;
/** Alerts that wait for the one before; there are hardly more causes, each at most once a minute. */
export const MAX_ALERTS_WAITING = 16;
/** A server's own words may be long. */
const MAX_DETAIL_CHARS = 300;
/** Keeps the key apart from every other use of the auth token; a new shape of signature takes a new label. */
const KEY_LABEL = "voice alert 1";

const fixes: Readonly<Record<AlertCause, string>> = {
  hangup: "nothing: the caller hung up",
  streamNeverStarted: "check that wss:// on PUBLIC_URL reaches this server: run voice check",
  unsupportedFormat: "take audioFormat and sampleRate out of the <Stream>: voice speaks PCMU and PCMA, 8000 Hz",
  streamLost: "look for an idle time-out or a restart of the proxy between Twilio and this server",
  modelRefused: "check OPENAI_API_KEY, its quota and OPENAI_MODEL: run voice check",
  modelUnreachable: "check this host's way to OPENAI_BASE_URL, and https://status.openai.com",
  modelSilent: "see https://status.openai.com; the log's lines of this CallSid say what was waited for",
  modelFailed: "see the log's response.failed lines of this CallSid",
  drained: "nothing: the server was stopped",
  bug: "this is a fault of voice: please report it with the log's call.threw line",
  full: "raise VOICE_MAX_CALLS, or run another server",
  outOfMemory: "raise VOICE_MAX_MEMORY_MB, or give this host more memory",
  misconfigured:
    "set PUBLIC_URL to the address in Twilio's console, and TWILIO_AUTH_TOKEN to that account's primary token; else a stranger knocks",
  twilioError: "see the log's fallback.answered line of this CallSid",
  transferFailed: "let somebody answer at VOICE_TRANSFER_TO, and see in Twilio's console whether it can be dialled",
  unknownCall: "if voice was restarted, nothing; if there are several servers, let all of a call's webhooks reach the same one",
};

/** Told, and since then not told again. */
interface Told {
  readonly atMs: number;
  swallowed: number;
}

/** Makes it; with no URL it does nothing. Alerts go out one after the other. */
export function makeAlert(options: AlertOptions): Alert {
  const { url, instance, clock, log } = options;
  if (url === undefined) return () => {};
  const told = new Map<AlertCause, Told>();
  const waiting: AlertBody[] = [];
  let sending = false;
  const sendAll = async (to: string): Promise<void> => {
    sending = true;
    for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) {
      const reason = await post(to, body, options);
      const { cause, count } = body;
      if (reason === undefined) log("info", "alert.sent", { cause, count });
      else log("warning", "alert.failed", { cause, count, reason, fix: "check VOICE_ALERT_URL and who listens there" });
    }
    sending = false;
  };
  return (cause, detail, callSid) => {
    const atMs = clock.nowMs();
    const last = told.get(cause);
    const tooSoon = last !== undefined && atMs - last.atMs < ALERT_EVERY_MS;
    if (last !== undefined && (tooSoon || waiting.length >= MAX_ALERTS_WAITING)) {
      last.swallowed += 1;
      return;
    }
    told.set(cause, { atMs, swallowed: 0 });
    const count = 1 + (last?.swallowed ?? 0);
    waiting.push({ cause, fix: fixes[cause], detail: detail.slice(0, MAX_DETAIL_CHARS), count, callSid, atMs, instance });
    if (!sending) void sendAll(url);
  };
}

/** Sends one; why it did not arrive, or undefined. Never rejects. A redirect is not followed: it would take the caller's trouble to who knows where. */
async function post(url: string, alert: AlertBody, { authToken, clock }: AlertOptions): Promise<string | undefined> {
  const body = JSON.stringify(alert);
  const late = new AbortController();
  const callOff = clock.after(ALERT_TIMEOUT_MS, () => late.abort(new Error(`no answer within ${ALERT_TIMEOUT_MS / 1000} s`)));
  const signed: Record<string, string> = authToken === undefined ? {} : { "X-Voice-Signature": signAlert(authToken, body) };
  const headers = { "Content-Type": "application/json", ...signed };
  try {
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal: late.signal });
    await response.body?.cancel();
    return response.ok ? undefined : `answered ${response.status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    callOff();
  }
}

/** The X-Voice-Signature of a body: what whoever is told compares with, in constant time. */
export function signAlert(authToken: string, body: string): string {
  const key = createHmac("sha256", authToken).update(KEY_LABEL).digest();
  return `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;
}
