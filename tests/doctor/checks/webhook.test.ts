// The webhook's checks, with one fault each.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { WEBHOOK_CHECKS } from "../../../src/doctor/checks/webhook.ts";
import type { WebhookTry } from "../../../src/doctor/evidence/evidence.ts";
import type { NetworkFailure } from "../../../src/simulators/twilio/webhook-answer.ts";
import { goodTwiml, madeExchange } from "../../selftest/checks/made.ts";
import { answeredCall, assertCause, documentCall, madeDoctorEvidence } from "./made.ts";

const ids = WEBHOOK_CHECKS.map(({ id }) => id);

for (const id of ids.filter((one) => one !== "webhook.unsigned")) {
  test(`${id}: a webhook that answers with TwiML passes`, () => {
    assertCause(WEBHOOK_CHECKS, id, madeDoctorEvidence(), "passed");
  });
  test(`${id}: untested for a wss URL`, () => {
    const target = { url: "wss://voice.example.net/s", kind: "stream" } as const;
    assertCause(WEBHOOK_CHECKS, id, madeDoctorEvidence({ target }), "untested");
  });
}

function failed(kind: NetworkFailure, url?: string) {
  const { answer: _answer, plan: _plan, ...exchange } = madeExchange(goodTwiml);
  const request = url === undefined ? exchange.request : { ...exchange.request, url };
  return { ...exchange, request, failure: { kind, detail: "said so" }, fault: { twilioCode: 11200, what: "failed" } };
}

for (const [kind, cause] of [
  ["dns", "webhook-dns"],
  ["refused", "webhook-refused"],
  ["connectTimeout", "webhook-connect-timeout"],
  ["totalTimeout", "webhook-timeout"],
  ["readTimeout", "webhook-timeout"],
  ["certificateExpired", "webhook-tls"],
  ["certificateName", "webhook-tls"],
  ["closed", "webhook-closed"],
  ["protocol", "webhook-not-http"],
  ["tooLarge", "webhook-too-big"],
] as const) {
  test(`webhook.reachable: ${kind} is ${cause}`, () => {
    assertCause(WEBHOOK_CHECKS, "webhook.reachable", madeDoctorEvidence({}, answeredCall(failed(kind))), cause);
  });
}

test("webhook.reachable: a redirect to a private host has its own cause", () => {
  const hop = madeExchange("", 302, { atMs: 900 });
  const call = answeredCall({ ...hop, fault: undefined as never }, failed("unreachable", "http://10.0.0.5/"));
  const { fault: _fault, ...redirect } = hop;
  assertCause(
    WEBHOOK_CHECKS,
    "webhook.reachable",
    madeDoctorEvidence({}, { ...call, exchanges: [redirect, failed("unreachable", "http://10.0.0.5/")] }),
    "webhook-redirect-private",
  );
});

for (const [status, body, cause] of [
  [404, "Not Found", "webhook-not-found"],
  [405, "Method Not Allowed", "webhook-method"],
  [500, "Internal Server Error", "webhook-crashed"],
  [502, "Bad Gateway", "webhook-status"],
  [422, '{"detail":[]}', "webhook-form-rejected"],
  [403, "CSRF verification failed", "webhook-form-rejected"],
  [419, "Page Expired", "webhook-form-rejected"],
  [403, "Solve this captcha", "webhook-login-required"],
] as const) {
  test(`webhook.status: HTTP ${status} "${body}" is ${cause}`, () => {
    assertCause(WEBHOOK_CHECKS, "webhook.status", madeDoctorEvidence({}, answeredCall(madeExchange(body, status))), cause);
  });
}

test("webhook.status: a server that expects JSON gets each stack's way to read a form", () => {
  const judged = assertCause(
    WEBHOOK_CHECKS,
    "webhook.status",
    madeDoctorEvidence({}, answeredCall(madeExchange("{}", 422))),
    "webhook-form-rejected",
  );
  assertStringIncludes(judged.fix?.stacks?.fastapi ?? "", "request.form()");
});

const refused = answeredCall(madeExchange("Forbidden", 403));
const variant = (name: string, fields: Partial<WebhookTry>): WebhookTry => ({
  variant: name,
  signedUrl: "http://x/",
  status: 403,
  isTwiml: false,
  body: "",
  ...fields,
});

test("webhook.signature: without a token, a refusal is not a fault", () => {
  assertCause(WEBHOOK_CHECKS, "webhook.signature", madeDoctorEvidence({ hasToken: false }, refused), "needs-token");
  assertCause(WEBHOOK_CHECKS, "webhook.status", madeDoctorEvidence({ hasToken: false }, refused), "untested");
});

test("webhook.signature: an accepted variant shows which URL the server checks", () => {
  const webhookTries = [
    variant("unsigned", { signedUrl: undefined }),
    variant("http in place of https", { isTwiml: true, status: 200, signedUrl: "http://voice.example.net/v" }),
  ];
  const judged = assertCause(
    WEBHOOK_CHECKS,
    "webhook.signature",
    madeDoctorEvidence({ webhookTries }, refused),
    "webhook-signature-rejected",
  );
  assertStringIncludes(judged.actual, "http://voice.example.net/v");
});

test("webhook.signature: a refusal in TwiML is found out by a variant that gets a stream", () => {
  const call = documentCall("<Response><Say>No.</Say></Response>");
  const webhookTries = [variant("with its port", { isTwiml: true, hasStream: true, status: 200 })];
  assertCause(WEBHOOK_CHECKS, "webhook.signature", madeDoctorEvidence({ webhookTries }, call), "webhook-signature-rejected");
  assertCause(WEBHOOK_CHECKS, "webhook.signature", madeDoctorEvidence({}, call), "passed");
});

test("webhook.redirects: untested without an answer", () => {
  assertCause(WEBHOOK_CHECKS, "webhook.redirects", madeDoctorEvidence({}, answeredCall(failed("refused"))), "untested");
});

test("webhook.redirects: more than ten fail, and one without a Location", () => {
  const loop = madeExchange("", 302, { fault: { twilioCode: 11215, what: "more than 10 redirects" } });
  assertCause(WEBHOOK_CHECKS, "webhook.redirects", madeDoctorEvidence({}, answeredCall(loop)), "webhook-redirect-loop");
  assertCause(WEBHOOK_CHECKS, "webhook.redirects", madeDoctorEvidence({}, answeredCall(madeExchange("", 302))), "webhook-redirect-invalid");
});

test("webhook.method: a webhook that works only with GET fails", () => {
  assertCause(WEBHOOK_CHECKS, "webhook.method", madeDoctorEvidence({ postRefusedStatus: 405 }), "webhook-method");
});

test("webhook.latency: over five seconds is remarked, for trial accounts", () => {
  const slow = madeExchange(goodTwiml, 200, { answeredAtMs: 9_000 });
  assertCause(WEBHOOK_CHECKS, "webhook.latency", madeDoctorEvidence({}, answeredCall(slow)), "no cause");
});

test("webhook.unsigned: an open endpoint is a warning with a token, advice without", () => {
  const webhookTries = [variant("unsigned", { signedUrl: undefined, isTwiml: true, status: 200 })];
  assertEquals(
    assertCause(WEBHOOK_CHECKS, "webhook.unsigned", madeDoctorEvidence({ webhookTries }), "webhook-accepts-unsigned").level,
    "warning",
  );
  assertEquals(
    assertCause(WEBHOOK_CHECKS, "webhook.unsigned", madeDoctorEvidence({ hasToken: false }), "webhook-accepts-unsigned").level,
    "info",
  );
  assertCause(
    WEBHOOK_CHECKS,
    "webhook.unsigned",
    madeDoctorEvidence({ webhookTries: [variant("unsigned", { signedUrl: undefined })] }),
    "passed",
  );
});
