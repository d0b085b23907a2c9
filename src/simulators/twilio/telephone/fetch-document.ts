// The HTTP requests of a telephone call: documents, callbacks, redirects, retries, the fallback URL, and the spoken
// application error when no TwiML could be fetched. What a document's verbs do is in run-verbs.ts.
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
import type { CallEnd, HttpExchange, PendingRequest, RequestPurpose, TelephoneCall, TelephoneStep } from "./telephone-state.ts";
import { change, emit, note, report } from "./telephone-state.ts";

/** After more, Twilio gives up with 11215 (https://www.twilio.com/docs/api/errors/11215). */
const maxRedirects = 10;
/** The most documents of one call. Our limit: a `<Redirect>` to itself would run for hours. */
const maxDocuments = 50;
/** The most requests of one call, with redirects, retries and callbacks. Our limit. */
export const MAX_REQUESTS = 200;
/** Bodies that a call's exchanges keep whole, together. Of later ones, as much as TwiML may have is kept. */
export const WHOLE_BODIES_BYTES = 2_097_152;
const cutBodyBytes = 65_536;
/** Audio may be longer than TwiML. readWebhookAnswer rejects TwiML over 64 kB. */
const maxBodyBytes = 1_048_576;
/** Twilio's announcement, word for word. */
const APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye.";

export interface RequestPlan {
  readonly purpose: RequestPurpose;
  /** Absolute. */
  readonly url: string;
  readonly method: "POST" | "GET";
  /** Added to the call's own parameters. A Stream status callback has only these. */
  readonly params: FormParams;
  readonly isDocument: boolean;
}

/** Requests a document. Its verbs will replace the current ones. */
export function fetchDocument(step: TelephoneStep, atMs: number, plan: Omit<RequestPlan, "isDocument">): TelephoneStep {
  if (step.call.documents >= maxDocuments) return endCall(step, { atMs, by: "twilio", cause: "tooLong" });
  const fetching = change(step, { phase: { type: "fetching" }, documents: step.call.documents + 1, program: [] });
  return sendRequest(fetching, atMs, { ...plan, isDocument: true });
}

/** Sends a request. A URL that is invalid, or neither http nor https, fails with 11100. */
export function sendRequest(step: TelephoneStep, atMs: number, plan: RequestPlan): TelephoneStep {
  const { call } = step;
  const isUsable = URL.canParse(plan.url) && /^https?:$/.test(new URL(plan.url).protocol);
  if (!isUsable) return failRequest(step, atMs, plan, httpFault("badUrl", plan.url));
  const params = plan.purpose === "streamStatus" ? plan.params : { ...callParams(call.facts, call.status), ...plan.params };
  const limits = webhookLimits(plan.url);
  return attempt(step, atMs, { ...plan, id: 0, params, limits, sinceMs: atMs, retries: 0, redirects: 0 });
}

function attempt(step: TelephoneStep, atMs: number, plan: PendingRequest): TelephoneStep {
  const { options, lastId, pending, exchanges } = step.call;
  if (exchanges.length >= MAX_REQUESTS) return plan.isDocument ? endCall(step, { atMs, by: "twilio", cause: "tooLong" }) : step;
  const id = lastId + 1;
  const { url, method, params, limits, purpose } = plan;
  // All retries of one request share a token, so that a server can recognise them.
  const idempotencyToken = uuid(options.seed, `${id - plan.retries} ${url}`);
  const { authToken, userAgent } = options;
  const sent = webhookRequest({ url, method, params, authToken, idempotencyToken, userAgent, authorization: plan.authorization });
  const noted = change(step, {
    lastId: id,
    pending: [...pending, { ...plan, id }],
    exchanges: [...exchanges, { id, purpose, atMs, params, request: sent }],
  });
  return emit(noted, {
    type: "http.request",
    id,
    ...sent,
    connectTimeoutMs: limits.connectMs,
    readTimeoutMs: limits.readMs,
    totalTimeoutMs: Math.max(1, plan.sinceMs + limits.totalMs - atMs),
    maxBodyBytes,
  });
}

export function onHttpResult(
  step: TelephoneStep,
  input: Extract<TelephoneInput, { type: "http.answered" | "http.failed" }>,
): TelephoneStep {
  const { atMs } = input;
  const request = step.call.pending.find(({ id }) => id === input.id);
  if (request === undefined) return step;
  const rest = change(step, { pending: step.call.pending.filter((other) => other !== request) });
  if (input.type === "http.failed") {
    const { failure, detail } = input;
    const noted = logExchange(rest, request.id, { answeredAtMs: atMs, failure: { kind: failure, detail } });
    return mayRetry(request, atMs, policyOf(failure))
      ? retry(noted, atMs, request)
      : failRequest(noted, atMs, request, httpFault(failure, detail));
  }
  const { status, headers, body } = input;
  const noted = logExchange(rest, request.id, { answeredAtMs: atMs, answer: { status, headers, body: keptBody(body, rest.call) } });
  const authorization = status === 401 ? basicCredentials(request, headers) : undefined;
  if (authorization !== undefined) return attempt(noted, atMs, { ...request, authorization });
  if (mayRetry(request, atMs, `${Math.floor(status / 100)}xx`)) return retry(noted, atMs, request);
  const location = fieldValue(headers, "location");
  if ([301, 302, 303, 307, 308].includes(status) && location !== undefined) return follow(noted, atMs, request, status, location);
  return request.isDocument
    ? takeDocument(noted, atMs, request, { status, headers, body })
    : checkCallbackStatus(noted, atMs, request, status);
}

function keptBody(body: Uint8Array, { exchanges }: TelephoneCall): Uint8Array {
  const keptBytes = exchanges.reduce((sum, { answer }) => sum + (answer?.body.length ?? 0), 0);
  return keptBytes + body.length <= WHOLE_BODIES_BYTES ? body : body.slice(0, cutBodyBytes);
}

/**
 * The URL's userinfo as `Authorization`, if the server asks for it and has not received it yet.
 * RFC 7617; https://www.twilio.com/docs/usage/security#http-authentication
 */
function basicCredentials({ url, authorization }: PendingRequest, headers: HttpFields): string | undefined {
  const { username, password } = new URL(url);
  const isAsked = /^basic\b/i.test(fieldValue(headers, "www-authenticate") ?? "");
  if (!isAsked || authorization !== undefined || username === "") return undefined;
  const credentials = new TextEncoder().encode(`${unescaped(username)}:${unescaped(password)}`);
  return `Basic ${credentials.toBase64()}`;
}

/** Percent-decodes text; text with an invalid escape stays as it is. */
function unescaped(text: string): string {
  return /%(?![0-9a-f]{2})/i.test(text)
    ? text
    : (new URLSearchParams(`x=${text.replaceAll("&", "%26").replaceAll("+", "%2B")}`).get("x") ?? text);
}

function policyOf(failure: NetworkFailure): string {
  const connecting: readonly NetworkFailure[] = ["refused", "unreachable", "connectTimeout", "tls"];
  return connecting.includes(failure) ? "ct" : failure === "readTimeout" || failure === "unfinished" ? "rt" : "";
}

function mayRetry({ limits, retries, sinceMs }: PendingRequest, atMs: number, policy: string): boolean {
  const fits = limits.policy.includes(policy) || (limits.policy.includes("all") && ["4xx", "5xx", "ct", "rt"].includes(policy));
  return fits && retries < limits.retries && atMs < sinceMs + limits.totalMs;
}

function retry(step: TelephoneStep, atMs: number, request: PendingRequest): TelephoneStep {
  return attempt(step, atMs, { ...request, retries: request.retries + 1 });
}

/**
 * Follows an HTTP redirect. 307 and 308 keep the method and the form (RFC 9110, 15.4), the others become GET. A GET's
 * parameters are not appended to the new URL. Each hop is signed for its own URL.
 */
function follow(step: TelephoneStep, atMs: number, request: PendingRequest, status: number, location: string): TelephoneStep {
  if (request.redirects >= maxRedirects) {
    return failRequest(step, atMs, request, { twilioCode: 11215, what: `more than ${maxRedirects} redirects, last to ${location}` });
  }
  if (!URL.canParse(location, request.url)) return failRequest(step, atMs, request, httpFault("badUrl", location));
  const keeps = request.method === "POST" && (status === 307 || status === 308);
  const { href } = withoutCredentials(new URL(location, request.url), request.url);
  const { authorization: _, ...kept } = request;
  const next = { ...kept, url: href, redirects: request.redirects + 1, ...(keeps ? {} : { method: "GET" as const, params: {} }) };
  return /^https?:/.test(href) ? attempt(step, atMs, next) : failRequest(step, atMs, request, httpFault("badUrl", href));
}

/** Removes userinfo from a URL of another host: it is meant for its own host only. */
function withoutCredentials(target: URL, from: string): URL {
  if (target.host === new URL(from).host) return target;
  return new URL(target.href.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1"));
}

/** A callback needs a 2xx. Anything else is only a warning (https://www.twilio.com/docs/api/errors/15003). */
function checkCallbackStatus(step: TelephoneStep, atMs: number, request: PendingRequest, status: number): TelephoneStep {
  if (status >= 200 && status <= 299) return step;
  const twilioCode = request.purpose === "action" ? 11200 : 15003;
  return failRequest(step, atMs, request, { twilioCode, what: `Got HTTP ${status} response to ${request.url}` });
}

function takeDocument(
  step: TelephoneStep,
  atMs: number,
  request: PendingRequest,
  answer: { status: number; headers: HttpFields; body: Uint8Array },
): TelephoneStep {
  const plan = readWebhookAnswer(answer, request.url);
  if ("twilioCode" in plan) return failRequest(step, atMs, request, plan);
  return runDocument(logExchange(step, request.id, { plan }), atMs, request, plan);
}

function runDocument(step: TelephoneStep, atMs: number, request: PendingRequest, plan: AnswerPlan): TelephoneStep {
  // The caller has hung up.
  if (step.call.phase.type !== "fetching") return step;
  switch (plan.type) {
    case "twiml":
      return change(step, { phase: { type: "running" }, documentUrl: request.url, program: plan.root.children });
    case "audio":
      return endCall(note(step, { kind: "play", atMs, what: request.url }), { atMs, by: "server", cause: "endOfDocument" });
    case "text":
      return endCall(note(step, { kind: "say", atMs, text: plan.text, language: undefined }), {
        atMs,
        by: "server",
        cause: "endOfDocument",
      });
  }
}

/**
 * A request failed: tries the fallback URL once, then plays the application error. A failed callback is only a warning.
 */
function failRequest(before: TelephoneStep, atMs: number, plan: RequestPlan & { readonly id?: number }, fault: TwilioFault): TelephoneStep {
  const step = logExchange(before, plan.id, { fault });
  if (!plan.isDocument) return report(step, atMs, "warning", fault);
  const reported = report(step, atMs, "error", fault);
  if (step.call.phase.type !== "fetching") return reported;
  const { fallback } = step.call.options;
  if (fallback === undefined || plan.purpose === "fallback") return playApplicationError(reported, atMs, fault.twilioCode);
  return fetchDocument(reported, atMs, {
    purpose: "fallback",
    url: fallback.url,
    method: fallback.method ?? "POST",
    params: { ErrorCode: String(fault.twilioCode), ErrorUrl: plan.url },
  });
}

function playApplicationError(step: TelephoneStep, atMs: number, twilioCode: number): TelephoneStep {
  const heard = note(step, { kind: "applicationError", atMs, text: APPLICATION_ERROR, twilioCode });
  return endCall(heard, { atMs, by: "twilio", cause: "applicationError" });
}

function logExchange(step: TelephoneStep, id: number | undefined, fields: Partial<HttpExchange>): TelephoneStep {
  return change(step, { exchanges: step.call.exchanges.map((one) => (one.id === id ? { ...one, ...fields } : one)) });
}

/** Ends the call, once, and requests the status callback. The caller of this function ends the stream. */
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
