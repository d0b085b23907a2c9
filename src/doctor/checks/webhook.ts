// What a voice webhook must do: be reachable, answer in time with success, accept Twilio's signature and reject a
// missing or wrong one. Its TwiML is in twiml.ts.
// Follows https://www.twilio.com/docs/voice/twiml, .../usage/webhooks/webhooks-connection-overrides and
// .../usage/security

import { fieldValue } from "../../protocol/http/message.ts";
import { twilioErrorUrl } from "../../protocol/twilio-errors.ts";
import type { HttpExchange } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { NetworkFailure } from "../../simulators/twilio/webhook-answer.ts";
import type { CauseCode } from "../causes/causes.ts";
import { firstDocuments, streamElement } from "../evidence/documents.ts";
import type { DoctorCheck, DoctorJudgement, Evidence } from "../evidence/evidence.ts";
import {
  asksForLogin,
  bodyStart,
  describeExchange,
  judgedExchange,
  leadingExchanges,
  rejectsForm,
  rejectsSignature,
} from "../evidence/exchanges.ts";
import { isPrivateHost } from "../evidence/public-address.ts";
import { failed, passed, remarked, untested } from "./judgement.ts";

/** A trial account's webhook times out after this (https://www.twilio.com/docs/usage/tutorials/how-to-use-your-free-trial-account). */
const TRIAL_MS = 5_000;
const noWebhook = "the URL is a stream's: there is no webhook";
const noAnswer = "there was no answer";

/** Judges the exchange of the first document, or the one that failed; untested without a webhook. */
function onWebhook(judge: (exchange: HttpExchange, evidence: Evidence) => DoctorJudgement): (evidence: Evidence) => DoctorJudgement {
  return (evidence) => {
    if (evidence.target.kind === "stream") return untested(noWebhook);
    const [first] = evidence.calls;
    const exchange = first === undefined ? undefined : judgedExchange(first.call);
    return exchange === undefined ? untested("no request was made") : judge(exchange, evidence);
  };
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

const reachable: DoctorCheck = {
  id: "webhook.reachable",
  stage: "webhook",
  level: "error",
  requirement:
    "The webhook can be reached from the internet: its name resolves, it accepts a connection within 5 seconds, and its certificate comes from a public authority.",
  expected: "an answer",
  source: twilioErrorUrl(11200),
  judge: onWebhook((exchange, evidence) => {
    const { failure, answer } = exchange;
    const details = { evidence: trail(evidence) };
    if (answer !== undefined) return passed("answered", details);
    if (failure === undefined) return untested("the call ended before the answer");
    if (isRedirectedToPrivateHost(exchange, evidence)) return failed("webhook-redirect-private", failure.detail, details);
    const tls = evidence.webhookHost?.tls?.refusal;
    const detail = tls === undefined ? failure.detail : `${failure.detail}; ${tls.detail}`;
    return failed(failureCauses[failure.kind], `${failure.kind}: ${detail}`, details);
  }),
};

/** Response headers that show who answered, or why. */
const revealingHeaders =
  /^(?:server|via|x-powered-by|location|allow|www-authenticate|content-type|retry-after|cf-|x-amz|x-cache|x-vercel|x-served|x-render|x-railway|fly-|ngrok)/i;

/** One line per exchange up to the stream, then the last answer's revealing headers. */
function trail({ calls: [first] }: Evidence): readonly string[] {
  const exchanges = first === undefined ? [] : leadingExchanges(first.call);
  const headers = (exchanges.at(-1)?.answer?.headers ?? []).filter(([name]) => revealingHeaders.test(name));
  return [...exchanges.slice(0, 12).map(describeExchange), ...headers.slice(0, 12).map(([name, value]) => `${name}: ${value}`)];
}

function isRedirectedToPrivateHost({ request }: HttpExchange, { calls: [first] }: Evidence): boolean {
  const [original] = first === undefined ? [] : leadingExchanges(first.call);
  const [from, to] = [original?.request.url, request.url].map((url) => URL.parse(url ?? "")?.hostname);
  return from !== to && to !== undefined && isPrivateHost(to);
}

const redirects: DoctorCheck = {
  id: "webhook.redirects",
  stage: "webhook",
  level: "error",
  requirement: "The webhook redirects at most 10 times, and ends at a public address.",
  expected: "at most 10 redirects",
  source: twilioErrorUrl(11215),
  judge: onWebhook(({ fault, answer }, evidence) => {
    const count = trail(evidence).filter((line) => /HTTP 30[12378]/.test(line)).length;
    const details = { evidence: trail(evidence) };
    if (fault?.twilioCode === 11215) return failed("webhook-redirect-loop", fault.what, details);
    if (answer === undefined) return untested(noAnswer);
    if (answer.status >= 300 && answer.status <= 399) {
      const location = fieldValue(answer.headers, "location");
      const actual = location === undefined ? "no Location" : `Location: ${location}`;
      return failed("webhook-redirect-invalid", actual, { ...details, expected: "a redirect to a URL" });
    }
    return passed(`${count} redirects`, count > 0 ? details : {});
  }),
};

const signature: DoctorCheck = {
  id: "webhook.signature",
  stage: "webhook",
  level: "error",
  requirement: "The webhook accepts a request that Twilio signed.",
  expected: "the signed request is accepted",
  source: "https://www.twilio.com/docs/usage/security#validating-requests",
  judge: onWebhook((exchange, evidence) => {
    const { answer } = exchange;
    if (answer === undefined) return untested(noAnswer);
    // Some servers reject with TwiML that has no stream: then another signature must get one.
    const accepted = hasStream(evidence)
      ? undefined
      : evidence.webhookTries.find(
          (tried) => tried.variant !== "unsigned" && tried.isTwiml && (answer.status >= 400 || tried.hasStream === true),
        );
    if (!rejectsSignature(exchange) && accepted === undefined) {
      if (answer.status >= 300) return untested(`HTTP ${answer.status}`);
      return passed(`${evidence.hasToken ? "the signed request" : "an unsigned request"} was accepted`);
    }
    const lines = [...trail(evidence), `body: ${bodyStart(answer.body)}`];
    if (!evidence.hasToken) return failed("needs-token", `HTTP ${answer.status} to an unsigned request`, { evidence: lines });
    const actual =
      accepted === undefined
        ? `HTTP ${answer.status} for every spelling of the URL: the server has another token, or checks another URL`
        : `HTTP ${answer.status}; accepted when signed ${accepted.variant}: it checks ${accepted.signedUrl}`;
    const tries = evidence.webhookTries.map(
      ({ variant, status }) => `${variant === "unsigned" ? variant : `signed ${variant}`}: HTTP ${status ?? "none"}`,
    );
    return failed("webhook-signature-rejected", actual, { evidence: [...lines, ...tries] });
  }),
};

function hasStream(evidence: Evidence): boolean {
  return firstDocuments(evidence).some(({ root }) => streamElement(root) !== undefined);
}

const status: DoctorCheck = {
  id: "webhook.status",
  stage: "webhook",
  level: "error",
  requirement: "The webhook answers with a 2xx status.",
  expected: "HTTP 2xx",
  source: twilioErrorUrl(11200),
  judge: onWebhook((exchange, evidence) => {
    const { answer, fault } = exchange;
    if (answer === undefined) return untested(noAnswer);
    if (answer.status >= 200 && answer.status <= 299) return passed(`HTTP ${answer.status}`);
    if (answer.status < 400) return untested(`HTTP ${answer.status}`);
    if (!evidence.hasToken && rejectsSignature(exchange)) return untested(`HTTP ${answer.status}: see webhook.signature`);
    return failed(statusCause(answer.status, exchange), `HTTP ${answer.status} ${bodyStart(answer.body, 120)}`.trim(), {
      evidence: [...trail(evidence), `body: ${bodyStart(answer.body)}`],
      ...(fault === undefined ? {} : { twilioCode: fault.twilioCode }),
    });
  }),
};

function statusCause(httpStatus: number, exchange: HttpExchange): CauseCode {
  if (httpStatus === 404 || httpStatus === 410) return "webhook-not-found";
  if (httpStatus === 405) return "webhook-method";
  if (httpStatus === 500) return "webhook-crashed";
  if (asksForLogin(exchange)) return "webhook-login-required";
  return rejectsForm(exchange) ? "webhook-form-rejected" : "webhook-status";
}

const method: DoctorCheck = {
  id: "webhook.method",
  stage: "webhook",
  level: "error",
  requirement: "The webhook accepts POST, unless the number is set to GET.",
  expected: "POST is accepted",
  source: "https://www.twilio.com/docs/voice/twiml#twilios-request-to-your-application",
  judge: onWebhook(({ answer, request }, { postRefusedStatus }) => {
    if (postRefusedStatus !== undefined) return failed("webhook-method", `HTTP ${postRefusedStatus} to POST; GET works and was used`);
    return answer === undefined ? untested(noAnswer) : passed(request.method);
  }),
};

const latency: DoctorCheck = {
  id: "webhook.latency",
  stage: "webhook",
  level: "info",
  requirement: "The webhook answers within 15 seconds, or within 5 for a trial account.",
  expected: `within ${TRIAL_MS} ms`,
  source: "https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides",
  judge: onWebhook(({ atMs, answeredAtMs, answer }) => {
    if (answeredAtMs === undefined || answer === undefined) return untested(noAnswer);
    const ms = answeredAtMs - atMs;
    return ms <= TRIAL_MS ? passed(`${ms} ms`, { ms }) : remarked("webhook-slow", `${ms} ms`, { ms });
  }),
};

const unsigned: DoctorCheck = {
  id: "webhook.unsigned",
  stage: "webhook",
  level: "info",
  requirement: "The webhook rejects a request that Twilio did not sign; otherwise anyone can talk to the model at the owner's cost.",
  expected: "HTTP 401 or 403",
  source: "https://www.twilio.com/docs/usage/security#validating-requests",
  judge: ({ target, calls: [first], webhookTries, hasToken }) => {
    if (target.kind === "stream") return untested(noWebhook);
    const unsignedTry = webhookTries.find(({ variant }) => variant === "unsigned");
    const isAccepted = hasToken ? unsignedTry?.isTwiml === true : first?.call.exchanges[0]?.plan?.type === "twiml";
    if (isAccepted) return failed("webhook-accepts-unsigned", "an unsigned request got TwiML", { level: hasToken ? "warning" : "info" });
    if (!hasToken) return untested("without a token there is no signed request to compare with");
    return unsignedTry?.status === undefined ? untested(noAnswer) : passed(`HTTP ${unsignedTry.status}`);
  },
};

/** In the order in which a request meets them. */
export const WEBHOOK_CHECKS: readonly DoctorCheck[] = [reachable, redirects, signature, status, method, latency, unsigned];
