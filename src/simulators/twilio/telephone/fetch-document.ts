// The HTTP half of a telephone call: documents, callbacks, redirects, retries, the fallback, and the spoken application error when no TwiML
// can be had. What a document says is run-verbs.ts's.
// Follows https://www.twilio.com/docs/voice/twiml, .../usage/webhooks/webhooks-connection-overrides and .../api/errors

import type { HttpFields } from "../../../protocol/http/message.ts";
import { fieldValue } from "../../../protocol/http/message.ts";
import { uuid } from "../seeded-ids.ts";
import type { AnswerPlan, NetworkFailure, TwilioFault } from "../webhook-answer.ts";
import { httpFault, readWebhookAnswer } from "../webhook-answer.ts";
import { webhookLimits } from "../webhook-limits.ts";
import type { FormParams } from "../webhook-request.ts";
import { callParams, callStatusParams, webhookRequest } from "../webhook-request.ts";
import type { TelephoneInput } from "./inputs-outputs.ts";
import type { CallEnd, HttpExchange, PendingRequest, RequestPurpose, TelephoneStep } from "./telephone-state.ts";
import { change, emit, note, report } from "./telephone-state.ts";

/** Over this Twilio gives up with 11215 (https://www.twilio.com/docs/api/errors/11215). */
const maxRedirects = 10;
/** Documents of one call, a bound of ours: a `<Redirect>` to itself would go on for hours. */
const maxDocuments = 50;
/** Audio may be longer than TwiML; a document over 64 kB is judged by readAnswer. */
const maxBodyBytes = 1_048_576;
/** As it is spoken to callers, word for word. */
const APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye.";

/** A request to make. */
export interface RequestPlan {
  readonly purpose: RequestPurpose;
  /** Absolute. */
  readonly url: string;
  readonly method: "POST" | "GET";
  /** Beside the call's own, which a Stream status callback has not. */
  readonly params: FormParams;
  readonly isDocument: boolean;
}

/** Requests a document, its verbs to be carried out in place of the present ones. */
export function fetchDocument(step: TelephoneStep, atMs: number, wanted: Omit<RequestPlan, "isDocument">): TelephoneStep {
  if (step.call.documents >= maxDocuments) return endCall(step, { atMs, by: "twilio", cause: "tooManyDocuments" });
  const fetching = change(step, { phase: { type: "fetching" }, documents: step.call.documents + 1, program: [] });
  return sendRequest(fetching, atMs, { ...wanted, isDocument: true });
}

/** Makes a request. A URL that is none, or neither http nor https, is 11100. */
export function sendRequest(step: TelephoneStep, atMs: number, wanted: RequestPlan): TelephoneStep {
  const { call } = step;
  const isUsable = URL.canParse(wanted.url) && /^https?:$/.test(new URL(wanted.url).protocol);
  if (!isUsable) return noDocument(step, atMs, wanted, httpFault("badUrl", wanted.url));
  const params = wanted.purpose === "streamStatus" ? wanted.params : { ...callParams(call.facts, call.status), ...wanted.params };
  const limits = webhookLimits(wanted.url);
  return attempt(step, atMs, { ...wanted, id: 0, params, limits, sinceMs: atMs, retries: 0, redirects: 0 });
}

function attempt(step: TelephoneStep, atMs: number, wanted: PendingRequest): TelephoneStep {
  const { options, lastId, pending, exchanges } = step.call;
  const id = lastId + 1;
  const { url, method, params, limits, purpose } = wanted;
  // Retries of one request bear one token, so that a server can tell them from a second request.
  const idempotencyToken = uuid(options.seed, `${id - wanted.retries} ${url}`);
  const { authToken, userAgent } = options;
  const sent = webhookRequest({ url, method, params, authToken, idempotencyToken, userAgent, authorization: wanted.authorization });
  const noted = change(step, {
    lastId: id,
    pending: [...pending, { ...wanted, id }],
    exchanges: [...exchanges, { id, purpose, atMs, params, request: sent }],
  });
  return emit(noted, {
    type: "http.request",
    id,
    ...sent,
    connectTimeoutMs: limits.connectMs,
    readTimeoutMs: limits.readMs,
    totalTimeoutMs: Math.max(1, wanted.sinceMs + limits.totalMs - atMs),
    maxBodyBytes,
  });
}

/** Takes what came of a request. */
export function onHttpResult(
  step: TelephoneStep,
  input: Extract<TelephoneInput, { type: "http.answered" | "http.failed" }>,
): TelephoneStep {
  const { atMs } = input;
  const asked = step.call.pending.find(({ id }) => id === input.id);
  if (asked === undefined) return step;
  const rest = change(step, { pending: step.call.pending.filter((other) => other !== asked) });
  if (input.type === "http.failed") {
    const { failure, detail } = input;
    const noted = logExchange(rest, asked.id, { answeredAtMs: atMs, failure: { kind: failure, detail } });
    return mayRetry(asked, atMs, causeOf(failure)) ? retry(noted, atMs, asked) : noDocument(noted, atMs, asked, httpFault(failure, detail));
  }
  const { status, headers, body } = input;
  const noted = logExchange(rest, asked.id, { answeredAtMs: atMs, answer: { status, headers, body } });
  const authorization = status === 401 ? basicCredentials(asked, headers) : undefined;
  if (authorization !== undefined) return attempt(noted, atMs, { ...asked, authorization });
  if (mayRetry(asked, atMs, `${Math.floor(status / 100)}xx`)) return retry(noted, atMs, asked);
  const location = fieldValue(headers, "location");
  if ([301, 302, 303, 307, 308].includes(status) && location !== undefined) return follow(noted, atMs, asked, status, location);
  return asked.isDocument ? takeDocument(noted, atMs, asked, { status, headers, body }) : takeReceipt(noted, atMs, asked, status);
}

/** The URL's userinfo, once the server has asked for it (RFC 7617; https://www.twilio.com/docs/usage/security#http-authentication). */
function basicCredentials({ url, authorization }: PendingRequest, headers: HttpFields): string | undefined {
  const { username, password } = new URL(url);
  const isAsked = /^basic\b/i.test(fieldValue(headers, "www-authenticate") ?? "");
  if (!isAsked || authorization !== undefined || username === "") return undefined;
  const credentials = new TextEncoder().encode(`${unescaped(username)}:${unescaped(password)}`);
  return `Basic ${credentials.toBase64()}`;
}

/** Percent-decoded; as it is where it is no such code. */
function unescaped(text: string): string {
  return /%(?![0-9a-f]{2})/i.test(text)
    ? text
    : (new URLSearchParams(`x=${text.replaceAll("&", "%26").replaceAll("+", "%2B")}`).get("x") ?? text);
}

function causeOf(failure: NetworkFailure): string {
  const connecting: readonly NetworkFailure[] = ["refused", "unreachable", "connectTimeout", "tls"];
  return connecting.includes(failure) ? "ct" : failure === "readTimeout" ? "rt" : "";
}

function mayRetry({ limits, retries, sinceMs }: PendingRequest, atMs: number, cause: string): boolean {
  const fits = limits.policy.includes(cause) || (limits.policy.includes("all") && ["4xx", "5xx", "ct", "rt"].includes(cause));
  return fits && retries < limits.retries && atMs < sinceMs + limits.totalMs;
}

function retry(step: TelephoneStep, atMs: number, asked: PendingRequest): TelephoneStep {
  return attempt(step, atMs, { ...asked, retries: asked.retries + 1 });
}

/**
 * 307 and 308 keep the method and the form (RFC 9110, 15.4), the others ask by GET. The parameters of a GET are not put to the new URL:
 * whoever redirects has had them. Each hop is signed anew for its own URL.
 */
function follow(step: TelephoneStep, atMs: number, asked: PendingRequest, status: number, location: string): TelephoneStep {
  if (asked.redirects >= maxRedirects) {
    return noDocument(step, atMs, asked, { twilioCode: 11215, what: `more than ${maxRedirects} redirects, last to ${location}` });
  }
  if (!URL.canParse(location, asked.url)) return noDocument(step, atMs, asked, httpFault("badUrl", location));
  const keeps = asked.method === "POST" && (status === 307 || status === 308);
  const { href } = withoutCredentials(new URL(location, asked.url), asked.url);
  const { authorization: _theirs, ...kept } = asked;
  const next = { ...kept, url: href, redirects: asked.redirects + 1, ...(keeps ? {} : { method: "GET" as const, params: {} }) };
  return /^https?:/.test(href) ? attempt(step, atMs, next) : noDocument(step, atMs, asked, httpFault("badUrl", href));
}

/** Credentials are for the host in whose URL they stand, and for no other. */
function withoutCredentials(target: URL, from: string): URL {
  if (target.host === new URL(from).host) return target;
  return new URL(target.href.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1"));
}

/** A callback wants a 2xx and nothing more; a failure is a warning that nobody hears (https://www.twilio.com/docs/api/errors/15003). */
function takeReceipt(step: TelephoneStep, atMs: number, asked: PendingRequest, status: number): TelephoneStep {
  if (status >= 200 && status <= 299) return step;
  const twilioCode = asked.purpose === "action" ? 11200 : 15003;
  return noDocument(step, atMs, asked, { twilioCode, what: `Got HTTP ${status} response to ${asked.url}` });
}

function takeDocument(
  step: TelephoneStep,
  atMs: number,
  asked: PendingRequest,
  answer: { status: number; headers: HttpFields; body: Uint8Array },
): TelephoneStep {
  const plan = readWebhookAnswer(answer, asked.url);
  if ("twilioCode" in plan) return noDocument(step, atMs, asked, plan);
  return carryOut(logExchange(step, asked.id, { plan }), atMs, asked, plan);
}

function carryOut(step: TelephoneStep, atMs: number, asked: PendingRequest, plan: AnswerPlan): TelephoneStep {
  // The caller is gone: nobody is left to carry it out for.
  if (step.call.phase.type !== "fetching") return step;
  switch (plan.type) {
    case "twiml":
      return change(step, { phase: { type: "running" }, documentUrl: asked.url, program: plan.root.children });
    case "audio":
      return endCall(note(step, { kind: "file", atMs, what: asked.url }), { atMs, by: "server", cause: "endOfDocument" });
    case "text":
      return endCall(note(step, { kind: "words", atMs, text: plan.text, language: undefined }), {
        atMs,
        by: "server",
        cause: "endOfDocument",
      });
  }
}

/** No TwiML can be had: the fallback once, else what every caller dreads. What nobody waited for is a warning. */
function noDocument(
  before: TelephoneStep,
  atMs: number,
  wanted: RequestPlan & { readonly id?: number },
  fault: TwilioFault,
): TelephoneStep {
  const step = logExchange(before, wanted.id, { fault });
  if (!wanted.isDocument) return report(step, atMs, "warning", fault);
  const reported = report(step, atMs, "error", fault);
  if (step.call.phase.type !== "fetching") return reported;
  const { fallback } = step.call.options;
  if (fallback === undefined || wanted.purpose === "fallback") return applicationError(reported, atMs, fault.twilioCode);
  return fetchDocument(reported, atMs, {
    purpose: "fallback",
    url: fallback.url,
    method: fallback.method ?? "POST",
    params: { ErrorCode: String(fault.twilioCode), ErrorUrl: wanted.url },
  });
}

function applicationError(step: TelephoneStep, atMs: number, twilioCode: number): TelephoneStep {
  const heard = note(step, { kind: "applicationError", atMs, text: APPLICATION_ERROR, twilioCode });
  return endCall(heard, { atMs, by: "twilio", cause: "applicationError" });
}

function logExchange(step: TelephoneStep, id: number | undefined, fields: Partial<HttpExchange>): TelephoneStep {
  return change(step, { exchanges: step.call.exchanges.map((one) => (one.id === id ? { ...one, ...fields } : one)) });
}

/** Ends the call, once: the line goes down, and the status callback is told. The stream, where there is one, is for the caller of this to end. */
export function endCall(step: TelephoneStep, end: CallEnd): TelephoneStep {
  if (step.call.end !== undefined) return step;
  const ended = change(note(step, { kind: "hangup", atMs: end.atMs, by: end.by }), {
    end,
    phase: { type: "over" },
    status: end.cause === "reject" ? "busy" : "completed",
    program: [],
    pending: step.call.pending.filter(({ isDocument }) => !isDocument),
  });
  const { statusCallback } = step.call.options;
  if (statusCallback === undefined) return ended;
  const durationS = Math.ceil((end.atMs - (step.call.answeredAtMs ?? end.atMs)) / 1000);
  return sendRequest(ended, end.atMs, {
    purpose: "status",
    url: statusCallback.url,
    method: statusCallback.method ?? "POST",
    params: callStatusParams(0, end.atMs, durationS),
    isDocument: false,
  });
}
