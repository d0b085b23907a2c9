// What a server owes at its webhook: to be reached, to answer in time and with success, to take Twilio's signature and nobody else's. The TwiML
// itself: doctor-twiml.ts.
// Follows https://www.twilio.com/docs/voice/twiml, .../usage/webhooks/webhooks-connection-overrides and .../usage/security

import { latin1Text } from "../../protocol/bytes.ts";
import { fieldValue } from "../../protocol/http/message.ts";
import type { Fix } from "../../report/finding.ts";
import type { HttpExchange } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { NetworkFailure } from "../../simulators/twilio/webhook-answer.ts";
import type { CauseCode } from "../causes/causes.ts";
import { firstDocuments, judgedExchange, leadingExchanges, streamElement } from "../evidence/documents.ts";
import type { DoctorCheck, Evidence, Judged } from "../evidence/evidence.ts";
import { isPrivateHost } from "../evidence/public-address.ts";
import { faulty, fine, untried } from "./verdicts.ts";

const errorsPage = "https://www.twilio.com/docs/api/errors";
/** A trial account's webhook is given up after it (https://www.twilio.com/docs/usage/tutorials/how-to-use-your-free-trial-account). */
const TRIAL_MS = 5_000;
const noWebhook = "started at the stream: there is no webhook";

/** The fix of a webhook that expects another body than a form, or a browser's tokens. */
const formFix: Fix = {
  text: "read the body as a form (application/x-www-form-urlencoded), and exempt the path from CSRF protection and JSON validation",
  stacks: {
    "express-ws": "app.use(express.urlencoded({ extended: false }))",
    fastify: "register @fastify/formbody",
    fastapi: "form = await request.form(), with python-multipart installed; no pydantic body",
    flask: "request.form, not request.get_json(); @csrf.exempt where Flask-WTF is used",
    "hono-bun": "await c.req.parseBody(), not c.req.json()",
  },
};

const signatureFix: Fix = {
  text: "check the signature against the public URL exactly as Twilio requests it; behind a proxy that is not what the request itself says",
  stacks: {
    "express-ws": "twilio.webhook({ protocol: 'https', host: PUBLIC_HOST }), or app.set('trust proxy', true)",
    fastify: "Fastify({ trustProxy: true }), and validateRequest with the public URL",
    fastapi: "RequestValidator.validate(PUBLIC_URL + path, form, header); or uvicorn --proxy-headers --forwarded-allow-ips='*'",
    flask: "ProxyFix(app.wsgi_app, x_proto=1, x_host=1)",
    "hono-bun": "validateRequest(token, header, PUBLIC_URL + path, form): c.req.url is what the proxy made of it",
  },
};

/** One line for an exchange. */
function tell({ request, answer, failure, atMs, answeredAtMs }: HttpExchange): string {
  const came =
    answer === undefined ? (failure === undefined ? "no answer yet" : `${failure.kind}: ${failure.detail}`) : `HTTP ${answer.status}`;
  return `${request.method} ${request.url}: ${came}${answeredAtMs === undefined ? "" : ` after ${answeredAtMs - atMs} ms`}`;
}

/** The beginning of an answer's body, on one line. */
export function bodyStart(body: Uint8Array | string, chars = 300): string {
  const text = typeof body === "string" ? body : latin1Text(body.subarray(0, chars * 4));
  return text.replace(/\s+/g, " ").trim().slice(0, chars);
}

/** Header fields that tell who answered, or why. */
const tellingHeaders =
  /^(?:server|via|x-powered-by|location|allow|www-authenticate|content-type|retry-after|cf-|x-amz|x-cache|x-vercel|x-served|x-render|x-railway|fly-|ngrok)/i;

function trail({ calls }: Evidence): readonly string[] {
  const exchanges = calls[0] === undefined ? [] : leadingExchanges(calls[0].call);
  const hints = (exchanges.at(-1)?.answer?.headers ?? []).filter(([name]) => tellingHeaders.test(name));
  return [...exchanges.slice(0, 12).map(tell), ...hints.slice(0, 12).map(([name, value]) => `${name}: ${value}`)];
}

const failureCauses: Readonly<Record<NetworkFailure, CauseCode>> = {
  badUrl: "webhook-url",
  dns: "webhook-dns",
  refused: "webhook-refused",
  unreachable: "webhook-unreachable",
  connectTimeout: "webhook-connect-timeout",
  tls: "webhook-tls",
  certificateName: "webhook-tls",
  certificateExpired: "webhook-tls",
  certificateChain: "webhook-tls",
  readTimeout: "webhook-timeout",
  totalTimeout: "webhook-timeout",
  closed: "webhook-closed",
  protocol: "webhook-not-http",
  tooLarge: "webhook-too-big",
};

/** What a check of the webhook gets. */
interface Asked {
  readonly evidence: Evidence;
  /** The first document's request, or the one that failed. */
  readonly exchange: HttpExchange;
}

function ofWebhook(expected: string, judge: (asked: Asked) => Judged): (evidence: Evidence) => Judged {
  return (evidence) => {
    if (evidence.target.kind === "stream") return untried(expected, noWebhook);
    const [first] = evidence.calls;
    const exchange = first === undefined ? undefined : judgedExchange(first.call);
    return exchange === undefined ? untried(expected, "nothing was asked") : judge({ evidence, exchange });
  };
}

/** Whether a redirect led to another host, and that a private one. */
function isRedirectedInside({ calls: [first] }: Evidence, { request }: HttpExchange): boolean {
  const [asked] = first === undefined ? [] : leadingExchanges(first.call);
  const [from, to] = [asked?.request.url, request.url].map((url) => URL.parse(url ?? "")?.hostname);
  return from !== to && to !== undefined && isPrivateHost(to);
}

const reach: DoctorCheck = {
  id: "webhook.reach",
  stage: "webhook",
  level: "error",
  requirement:
    "The webhook is reached from the internet: its name resolves, it takes a connection within 5 seconds, and a public authority vouches for its certificate.",
  source: "https://www.twilio.com/docs/api/errors/11200",
  judge: ofWebhook("an answer", ({ evidence, exchange }) => {
    const { failure, answer } = exchange;
    if (answer !== undefined) return fine("an answer", "answered", { evidence: trail(evidence) });
    if (failure === undefined) return untried("an answer", "the call ended before");
    const more = { evidence: trail(evidence) };
    if (isRedirectedInside(evidence, exchange)) return faulty("webhook-redirect-private", "an answer", failure.detail, more);
    const { webhookHost: host } = evidence;
    const tls = host?.tls?.refusal;
    const detail = tls === undefined ? failure.detail : `${failure.detail}; ${tls.detail}`;
    return faulty(failureCauses[failure.kind], "an answer", `${failure.kind}: ${detail}`, more);
  }),
};

const redirects: DoctorCheck = {
  id: "webhook.redirects",
  stage: "webhook",
  level: "error",
  requirement: "Redirects end after at most 10, at a public address.",
  source: `${errorsPage}/11215`,
  judge: ofWebhook("at most 10 redirects", ({ evidence, exchange }) => {
    const { fault, answer } = exchange;
    const count = trail(evidence).filter((line) => /HTTP 30[12378]/.test(line)).length;
    const more = { evidence: trail(evidence) };
    if (fault?.twilioCode === 11215) return faulty("webhook-redirect-loop", "at most 10 redirects", fault.what, more);
    const isRedirect = answer !== undefined && answer.status >= 300 && answer.status <= 399;
    if (isRedirect) {
      const location = fieldValue(answer.headers, "location");
      return faulty(
        "webhook-redirect-invalid",
        "a redirect to a URL",
        location === undefined ? "no Location" : `Location: ${location}`,
        more,
      );
    }
    return fine("at most 10 redirects", `${count} redirects`, count > 0 ? more : {});
  }),
};

/** Refusals that are known to be of something else than the signature. */
function isOtherRefusal({ answer }: HttpExchange): boolean {
  if (answer === undefined) return true;
  const { headers, body } = answer;
  const words = bodyStart(body, 2_000);
  const challenged = fieldValue(headers, "www-authenticate") !== undefined || fieldValue(headers, "cf-mitigated") !== undefined;
  return challenged || /csrf|cross-site|captcha|challenge-platform/i.test(words);
}

/** Whether an answer is how servers refuse a request that bears no good signature. */
export function refusesSignature(exchange: HttpExchange): boolean {
  const { answer } = exchange;
  if (answer === undefined || answer.status < 400) return false;
  const words = bodyStart(answer.body, 2_000);
  if (/x-twilio-signature|twilio request validation|signature/i.test(words)) return true;
  return (answer.status === 401 || answer.status === 403) && !isOtherRefusal(exchange);
}

function hasStream(evidence: Evidence): boolean {
  return firstDocuments(evidence).some(({ root }) => streamElement(root) !== undefined);
}

const signature: DoctorCheck = {
  id: "webhook.signature",
  stage: "webhook",
  level: "error",
  requirement: "A request that Twilio signed is let in.",
  source: "https://www.twilio.com/docs/usage/security#validating-requests",
  judge: ofWebhook("let in", ({ evidence, exchange }) => {
    const { answer } = exchange;
    if (answer === undefined) return untried("let in", "there was no answer");
    const taken = hasStream(evidence)
      ? undefined
      : evidence.webhookTries.find(
          (tried) => tried.variant !== "unsigned" && tried.isTwiml && (answer.status >= 400 || tried.hasStream === true),
        );
    if (!refusesSignature(exchange) && taken === undefined) {
      return answer.status < 300
        ? fine("let in", evidence.hasToken ? "the signed request was let in" : "an unsigned request was let in")
        : untried("let in", `HTTP ${answer.status}`);
    }
    const lines = [...trail(evidence), `body: ${bodyStart(answer.body)}`];
    if (!evidence.hasToken) {
      return faulty("needs-token", "let in", `HTTP ${answer.status} to a request without a signature`, { evidence: lines });
    }
    const tried = evidence.webhookTries.map(({ variant, status }) => `signed ${variant}: HTTP ${status ?? "none"}`);
    const told =
      taken === undefined
        ? `HTTP ${answer.status}, however the URL is written: it has another token, or its own idea of the URL`
        : `HTTP ${answer.status}; let in when signed ${taken.variant}: it checks ${taken.signedUrl}`;
    return faulty("webhook-signature-rejected", "let in", told, { evidence: [...lines, ...tried], fix: signatureFix });
  }),
};

const status: DoctorCheck = {
  id: "webhook.status",
  stage: "webhook",
  level: "error",
  requirement: "The webhook answers with a 2xx status.",
  source: `${errorsPage}/11200`,
  judge: ofWebhook("HTTP 2xx", ({ evidence, exchange }) => {
    const { answer, fault } = exchange;
    if (answer === undefined) return untried("HTTP 2xx", "there was no answer");
    if (answer.status >= 200 && answer.status <= 299) return fine("HTTP 2xx", `HTTP ${answer.status}`);
    if (answer.status < 400) return untried("HTTP 2xx", `HTTP ${answer.status}`);
    if (!evidence.hasToken && refusesSignature(exchange)) return untried("HTTP 2xx", `HTTP ${answer.status}: see webhook.signature`);
    const told = `HTTP ${answer.status} ${bodyStart(answer.body, 120)}`.trim();
    const more = {
      evidence: [...trail(evidence), `body: ${bodyStart(answer.body)}`],
      ...(fault === undefined ? {} : { twilioCode: fault.twilioCode }),
    };
    if (answer.status === 404 || answer.status === 410) return faulty("webhook-not-found", "HTTP 2xx", told, more);
    if (answer.status === 405) return faulty("webhook-method", "HTTP 2xx", told, more);
    const isForm = [400, 415, 422].includes(answer.status) || isOtherRefusal(exchange);
    const fix = isForm ? { fix: formFix } : {};
    return faulty(answer.status === 500 ? "webhook-crashed" : "webhook-status", "HTTP 2xx", told, { ...more, ...fix });
  }),
};

const method: DoctorCheck = {
  id: "webhook.method",
  stage: "webhook",
  level: "warning",
  requirement: "The webhook takes POST, unless the number is set to GET.",
  source: "https://www.twilio.com/docs/voice/twiml#twilios-request-to-your-application",
  judge: ofWebhook("POST is taken", ({ evidence: { postRefusedStatus }, exchange }) => {
    if (postRefusedStatus !== undefined)
      return faulty("webhook-method", "POST is taken", `HTTP ${postRefusedStatus} to POST; GET is answered, and was used`);
    return exchange.answer === undefined ? untried("POST is taken", "there was no answer") : fine("POST is taken", exchange.request.method);
  }),
};

const time: DoctorCheck = {
  id: "webhook.time",
  stage: "webhook",
  level: "info",
  requirement: "The webhook answers within 15 seconds, within 5 where the account is a trial.",
  source: "https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides",
  judge: ofWebhook(`within ${TRIAL_MS} ms`, ({ exchange }) => {
    const { atMs, answeredAtMs, answer } = exchange;
    if (answeredAtMs === undefined || answer === undefined) return untried(`within ${TRIAL_MS} ms`, "there was no answer");
    const ms = answeredAtMs - atMs;
    if (ms <= TRIAL_MS) return fine(`within ${TRIAL_MS} ms`, `${ms} ms`, { ms });
    return {
      ok: false,
      expected: `within ${TRIAL_MS} ms`,
      actual: `${ms} ms`,
      ms,
      fix: { text: "answer at once, and do slow work after the answer" },
    };
  }),
};

const unsigned: DoctorCheck = {
  id: "webhook.unsigned",
  stage: "webhook",
  level: "info",
  requirement: "A request that Twilio did not sign is refused: without, anybody can talk to the model at the owner's cost.",
  source: "https://www.twilio.com/docs/usage/security#validating-requests",
  judge: (evidence) => {
    const expected = "HTTP 401 or 403";
    if (evidence.target.kind === "stream") return untried(expected, noWebhook);
    const [first] = evidence.calls;
    const tried = evidence.webhookTries.find(({ variant }) => variant === "unsigned");
    const isOpen = evidence.hasToken ? tried?.isTwiml === true : first !== undefined && first.call.exchanges[0]?.plan?.type === "twiml";
    if (isOpen) return faulty("webhook-accepts-unsigned", expected, "TwiML", { level: evidence.hasToken ? "warning" : "info" });
    if (!evidence.hasToken) return untried(expected, "without a token nothing can be signed to compare");
    if (tried?.status === undefined) return untried(expected, "there was no answer");
    return fine(expected, `HTTP ${tried.status}`);
  },
};

/** In the order in which a request passes them. */
export const WEBHOOK_CHECKS: readonly DoctorCheck[] = [reach, redirects, signature, status, method, time, unsigned];
