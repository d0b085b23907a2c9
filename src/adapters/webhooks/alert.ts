// Notifies the operator when a call was not recovered unnoticed: a signed POST to VOICE_ALERT_URL. The log has every
// such call; alerts are limited to one a minute for each cause, and those not yet sent are lost when the process ends.
// The signature is an HMAC (RFC 2104) over the body, so that the receiver can reject forged alerts:
//
//   X-Voice-Signature: sha256=HEX
//   HEX = HMAC-SHA256(KEY, body), KEY = HMAC-SHA256(TWILIO_AUTH_TOKEN, "voice alert 1")
//
// Without an auth token alerts are not signed.

import type { EndCause } from "../../call/end-reason.ts";
import type { Clock, Log } from "../../call/ports.ts";
import { hmac } from "../../protocol/digest.ts";
import { maskText } from "../../protocol/masking.ts";
import { printable } from "../../protocol/printable.ts";
import { describeTwilioError } from "../../protocol/twilio-errors.ts";
import { postJson } from "./post-json.ts";

/** The end of a call, or the reason why a call did not start. */
export type AlertCause =
  | EndCause
  /** VOICE_MAX_CALLS is reached. */
  | "full"
  /** VOICE_MAX_MEMORY_MB is reached. */
  | "outOfMemory"
  /** A webhook's signature matches no URL that was tried. */
  | "misconfigured"
  /** Twilio could not fetch or execute an answer, and requested the fallback URL. */
  | "twilioError"
  /** A caller was transferred to VOICE_TRANSFER_TO, and no one answered there. */
  | "transferFailed"
  /** Twilio requested what comes next for a call that this process does not know. */
  | "unknownCall";

/** Sends or counts an alert. Returns at once and never throws. `callSid`: undefined when it is not authenticated. */
export type Alert = (cause: AlertCause, detail: string, callSid: string | undefined) => void;

/** The body of an alert, as JSON. */
export interface AlertBody {
  readonly cause: AlertCause;
  readonly fix: string;
  /** What happened this time, as text, masked as in the log. */
  readonly detail: string;
  /** Occurrences since the last alert of this cause, including this one. */
  readonly count: number;
  readonly callSid: string | undefined;
  readonly atMs: number;
  /** The name that /healthz reports. */
  readonly instance: string;
}

export interface AlertOptions {
  /** Undefined: no alerts. */
  readonly url: string | undefined;
  /** Undefined: alerts are not signed. */
  readonly authToken: string | undefined;
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The shortest time between two alerts of a cause. */
export const ALERT_EVERY_MS = 60_000;
/** For the receiver's response. */
export const ALERT_TIMEOUT_MS = 5_000;
/** Alerts queued behind the one being sent. There are hardly more causes, each at most once a minute. */
export const MAX_ALERTS_WAITING = 16;
const MAX_DETAIL_CHARS = 300;
/** Separates this key from other uses of the auth token. A new signature format needs a new label. */
const KEY_LABEL = "voice alert 1";

const fixes: Readonly<Record<AlertCause, string>> = {
  hungUp: "none needed: the agent hung up",
  idle: "none needed: the caller was silent",
  overBudget: "raise the budget in voice.toml, or see in the records what the calls cost",
  transferred: "none needed: the caller was transferred",
  tooLong: "none needed, or raise max_minutes in voice.toml",
  hangup: "none needed: the caller hung up",
  streamNeverStarted: `${describeTwilioError("31920").fix}; voice check tests this`,
  unsupportedFormat: "remove audioFormat and sampleRate from the <Stream>: voice supports PCMU and PCMA at 8000 Hz",
  streamLost: describeTwilioError("31903").fix,
  modelRefused: "run voice check: it tests OPENAI_API_KEY, its quota and OPENAI_MODEL",
  modelUnreachable: "check the network between this host and OPENAI_BASE_URL, and https://status.openai.com",
  modelSilent: "see https://status.openai.com, and the log lines of this CallSid",
  modelFailed: "see the response.failed log lines of this CallSid",
  drained: "none needed: the server was stopped",
  bug: "please report this bug in voice, with the call.threw log line",
  full: "raise VOICE_MAX_CALLS, or run another server",
  outOfMemory: "raise VOICE_MAX_MEMORY_MB, or give this host more memory",
  misconfigured:
    "set PUBLIC_URL to the webhook URL in Twilio's console, and TWILIO_AUTH_TOKEN to that account's primary token; otherwise someone is probing",
  twilioError: "see the fallback.answered log line of this CallSid",
  transferFailed: "have someone answer at VOICE_TRANSFER_TO, and check in Twilio's console that it can be dialled",
  unknownCall: "none needed after a restart of voice; with several servers, route all webhooks of a call to the same one",
};

/** What to do about a cause; undefined: it is not one. */
export function fixOf(cause: string): string | undefined {
  return Object.hasOwn(fixes, cause) ? fixes[cause as AlertCause] : undefined;
}

/** The last alert of a cause. */
interface LastAlert {
  readonly atMs: number;
  /** Occurrences since then that were not sent. */
  suppressed: number;
}

/** Alerts are sent one after another. Without a URL none are sent. */
export function makeAlert(options: AlertOptions): Alert {
  const { url, instance, clock, log } = options;
  if (url === undefined) return () => {};
  const lastAlerts = new Map<AlertCause, LastAlert>();
  const waiting: AlertBody[] = [];
  let sending = false;
  const sendAll = async (to: string): Promise<void> => {
    sending = true;
    for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) {
      const reason = await post(to, body, options);
      const { cause, count } = body;
      if (reason === undefined) log("info", "alert.sent", { cause, count });
      else log("warning", "alert.failed", { cause, count, reason, fix: "check VOICE_ALERT_URL, and the server behind it" });
    }
    sending = false;
  };
  return (cause, detail, callSid) => {
    const atMs = clock.nowMs();
    const last = lastAlerts.get(cause);
    const tooSoon = last !== undefined && atMs - last.atMs < ALERT_EVERY_MS;
    if (last !== undefined && (tooSoon || waiting.length >= MAX_ALERTS_WAITING)) {
      last.suppressed += 1;
      return;
    }
    lastAlerts.set(cause, { atMs, suppressed: 0 });
    const count = 1 + (last?.suppressed ?? 0);
    // Masked before it is cut: half a key would not be recognised.
    const shown = printable(maskText(detail)).slice(0, MAX_DETAIL_CHARS);
    waiting.push({ cause, fix: fixes[cause], detail: shown, count, callSid, atMs, instance });
    if (!sending) void sendAll(url);
  };
}

/** Sends one alert. Returns why that failed, or undefined; never rejects. */
async function post(url: string, alert: AlertBody, { authToken, clock }: AlertOptions): Promise<string | undefined> {
  const body = JSON.stringify(alert);
  const headers: Record<string, string> = authToken === undefined ? {} : { "X-Voice-Signature": signAlert(authToken, body) };
  const { problem } = await postJson(url, body, { headers, timeoutMs: ALERT_TIMEOUT_MS, clock });
  return problem;
}

/** The X-Voice-Signature of a body. Receivers should compare it in constant time. */
export function signAlert(authToken: string, body: string): string {
  const key = hmac("sha256", authToken, KEY_LABEL);
  return `sha256=${hmac("sha256", key, body).toString("hex")}`;
}
