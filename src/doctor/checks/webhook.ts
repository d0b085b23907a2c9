// What a voice webhook must do: be reachable, let the app answer, and answer in time with success. Signatures are in
// signature.ts, its TwiML is in twiml.ts.
// Follows https://www.twilio.com/docs/voice/twiml, .../usage/webhooks/webhooks-connection-overrides and
// .../usage/security

import { fieldValue } from "../../protocol/http/message.ts";
import { isPrivateHost } from "../../protocol/http/public-address.ts";
import { twilioErrorUrl } from "../../protocol/twilio-errors.ts";
import type { HttpExchange } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { HttpAnswer, NetworkFailure } from "../../simulators/twilio/webhook-answer.ts";
import type { CauseCode } from "../causes/causes.ts";
import type { DoctorCheck, Evidence } from "../evidence/evidence.ts";
import {
  bodyStart,
  exchangeTrail,
  type ForeignAnswer,
  foreignAnswer,
  leadingExchanges,
  rejectsSignature,
  visibleStart,
} from "../evidence/exchanges.ts";
import { describeRedirect, type Redirect, redirectsOf } from "../evidence/redirects.ts";
import { FRONT_CAUSES, pageTitle } from "../evidence/who-answered.ts";
import { failed, NO_ANSWER, onWebhook, passed, remarked, untested } from "./judgement.ts";
import { SIGNATURE_CHECK, UNSIGNED_CHECK } from "./signature.ts";

/** A trial account's webhook times out after this (https://www.twilio.com/docs/usage/tutorials/how-to-use-your-free-trial-account). */
const TRIAL_MS = 5_000;

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
  truncated: "webhook-truncated",
  unfinished: "webhook-unfinished",
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
    const isPlain = evidence.webhookHost?.plainHttpStatus !== undefined;
    if (isPlain) return failed("webhook-not-https", `the port answers plain HTTP: ${detail}`, details);
    return failed(failureCauses[failure.kind], `${failure.kind}: ${detail}`, details);
  }),
};

const trail = ({ calls: [first] }: Evidence): readonly string[] => exchangeTrail(first?.call);

function isRedirectedToPrivateHost({ request }: HttpExchange, { calls: [first] }: Evidence): boolean {
  const [original] = first === undefined ? [] : leadingExchanges(first.call);
  const [from, to] = [original?.request.url, request.url].map((url) => URL.parse(url ?? "")?.hostname);
  return from !== to && to !== undefined && isPrivateHost(to);
}

const answeredBy: DoctorCheck = {
  id: "webhook.answered-by",
  stage: "webhook",
  level: "error",
  requirement: "The app answers, and not a platform, a tunnel, a firewall, a login or a web server in front of it.",
  expected: "the app's answer",
  source: twilioErrorUrl(11200),
  judge: onWebhook(({ answer, fault }, evidence) => {
    const foreign = foreignAnswerOf(evidence);
    if (foreign?.exchange.answer === undefined) return answer === undefined ? untested(NO_ANSWER) : passed("nothing shows another");
    const { front, exchange } = foreign;
    return failed(FRONT_CAUSES.webhook[front.kind], `${describeAnswer(exchange.answer)}: ${front.sentence}`, {
      evidence: [...trail(evidence), `body: ${bodyStart(exchange.answer?.body ?? "")}`, `see ${front.source}`],
      fix: { text: front.fix },
      ...(fault === undefined ? {} : { twilioCode: fault.twilioCode }),
    });
  }),
};

function foreignAnswerOf({ calls: [first] }: Evidence): ForeignAnswer | undefined {
  return first === undefined ? undefined : foreignAnswer(first.call);
}

/** 'HTTP 403 "Just a moment..."', or the Location of a redirect. */
function describeAnswer(answer: HttpAnswer | undefined): string {
  if (answer === undefined) return "";
  const location = fieldValue(answer.headers, "location");
  if (answer.status >= 300 && answer.status <= 399 && location !== undefined) return `HTTP ${answer.status} to ${location}`;
  const title = pageTitle(answer.body) ?? visibleStart(answer.body, 80);
  return `HTTP ${answer.status}${title === "" ? "" : ` "${title}"`}`;
}

const redirects: DoctorCheck = {
  id: "webhook.redirects",
  stage: "webhook",
  level: "error",
  requirement: "The webhook redirects at most 10 times, ends at a public address, and keeps Twilio's POST and https.",
  expected: "no redirect, or 307 or 308",
  source: twilioErrorUrl(11215),
  judge: onWebhook((exchange, evidence) => {
    const { fault, answer, plan } = exchange;
    const followed = evidence.calls[0] === undefined ? [] : redirectsOf(evidence.calls[0].call);
    const details = { evidence: [...followed.map(describeRedirect), ...trail(evidence)] };
    if (fault?.twilioCode === 11215) return failed("webhook-redirect-loop", fault.what, { ...details, expected: "at most 10 redirects" });
    if (answer === undefined) return untested(NO_ANSWER);
    if (answer.status >= 300 && answer.status <= 399) {
      const location = fieldValue(answer.headers, "location");
      const actual = location === undefined ? "no Location" : `Location: ${location}`;
      return failed("webhook-redirect-invalid", actual, { ...details, expected: "a redirect to a URL" });
    }
    // A login's redirect is judged by webhook.answered-by.
    if (foreignAnswerOf(evidence)?.front.kind === "login") return untested("see webhook.answered-by");
    const lost = followed.find(({ losesForm }) => losesForm);
    const level = plan?.type === "twiml" ? "warning" : "error";
    if (lost !== undefined) return failed("webhook-redirect-to-get", redirectResult(lost, exchange), { ...details, level });
    const insecure = followed.find(({ from, to }) => from.protocol === "https:" && to.protocol === "http:");
    if (insecure !== undefined) return failed("webhook-redirect-insecure", describeRedirect(insecure), { ...details, level: "warning" });
    return passed(`${followed.length} redirects`, followed.length > 0 ? details : {});
  }),
};

function redirectResult(redirect: Redirect, { answer, request }: HttpExchange): string {
  return `${describeRedirect(redirect)}; ${request.method} there: HTTP ${answer?.status ?? "none"}`;
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
    if (answer === undefined) return untested(NO_ANSWER);
    if (answer.status >= 200 && answer.status <= 299) return passed(`HTTP ${answer.status}`);
    if (answer.status < 400) return untested(`HTTP ${answer.status}`);
    const earlier = judgedBefore(exchange, evidence);
    if (earlier !== undefined) return untested(`HTTP ${answer.status}: see ${earlier}`);
    return failed(statusCause(answer.status), `HTTP ${answer.status} ${visibleStart(answer.body, 120)}`.trim(), {
      evidence: [...trail(evidence), `body: ${bodyStart(answer.body)}`],
      ...(fault === undefined ? {} : { twilioCode: fault.twilioCode }),
    });
  }),
};

/** The check that explains a status. */
function judgedBefore(exchange: HttpExchange, evidence: Evidence): string | undefined {
  if (foreignAnswerOf(evidence) !== undefined) return answeredBy.id;
  if (evidence.calls[0] !== undefined && redirectsOf(evidence.calls[0].call).some(({ losesForm }) => losesForm)) return redirects.id;
  return rejectsSignature(exchange) ? SIGNATURE_CHECK.id : undefined;
}

function statusCause(httpStatus: number): CauseCode {
  if (httpStatus === 404 || httpStatus === 410) return "webhook-not-found";
  if (httpStatus === 405) return "webhook-method";
  if (httpStatus === 500) return "webhook-crashed";
  if (httpStatus === 502 || httpStatus === 504) return "webhook-gateway";
  return [400, 415, 422].includes(httpStatus) ? "webhook-form-rejected" : "webhook-status";
}

const method: DoctorCheck = {
  id: "webhook.method",
  stage: "webhook",
  level: "error",
  requirement: "The webhook accepts POST, unless the number is set to GET.",
  expected: "POST is accepted",
  source: "https://www.twilio.com/docs/voice/twiml#twilios-request-to-your-application",
  judge: onWebhook(({ answer, request }, { postRefusedStatus }) => {
    if (postRefusedStatus !== undefined)
      return failed(
        "webhook-method",
        `HTTP ${postRefusedStatus} to POST, which is Twilio's default; GET works and was used for the rest of the run`,
      );
    return answer === undefined ? untested(NO_ANSWER) : passed(request.method);
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
    if (answeredAtMs === undefined || answer === undefined) return untested(NO_ANSWER);
    const ms = answeredAtMs - atMs;
    return ms <= TRIAL_MS ? passed(`${ms} ms`, { ms }) : remarked("webhook-slow", `${ms} ms`, { ms });
  }),
};

/** In the order in which a request meets them. */
export const WEBHOOK_CHECKS: readonly DoctorCheck[] = [
  ...[reachable, answeredBy, redirects, SIGNATURE_CHECK],
  ...[status, method, latency, UNSIGNED_CHECK],
];
