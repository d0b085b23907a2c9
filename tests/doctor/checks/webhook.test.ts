// The webhook's checks, with one fault each.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { TWIML_CHECKS } from "../../../src/doctor/checks/twiml.ts";
import { WEBHOOK_CHECKS } from "../../../src/doctor/checks/webhook.ts";
import type { NetworkFailure } from "../../../src/simulators/twilio/webhook-answer.ts";
import { goodTwiml, madeExchange } from "../../selftest/checks/made.ts";
import { answeredCall, assertCause, madeDoctorEvidence } from "./made.ts";

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
  ["truncated", "webhook-truncated"],
  ["unfinished", "webhook-unfinished"],
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
  [502, "Bad Gateway", "webhook-gateway"],
  [503, "Service Unavailable", "webhook-status"],
  [422, '{"detail":[]}', "webhook-form-rejected"],
] as const) {
  test(`webhook.status: HTTP ${status} "${body}" is ${cause}`, () => {
    assertCause(WEBHOOK_CHECKS, "webhook.status", madeDoctorEvidence({}, answeredCall(madeExchange(body, status))), cause);
  });
}

for (const [status, body, cause] of [
  [403, "CSRF verification failed", "webhook-csrf"],
  [419, "Page Expired", "webhook-csrf"],
  [403, '<div class="g-recaptcha">', "webhook-blocked"],
  [401, '{"detail":"Not authenticated"}', "webhook-login-required"],
  [404, "The endpoint a.ngrok.app is offline. (ERR_NGROK_3200)", "webhook-tunnel-offline"],
  [200, "<title>Welcome to nginx!</title>", "webhook-default-page"],
] as const) {
  test(`webhook.answered-by: HTTP ${status} "${body}" is ${cause}, and no other check judges it`, () => {
    const { plan: _plan, ...exchange } = madeExchange(body, status, {}, "text/html");
    const evidence = madeDoctorEvidence({ hasToken: false }, answeredCall(exchange));
    assertCause(WEBHOOK_CHECKS, "webhook.answered-by", evidence, cause);
    assertCause(WEBHOOK_CHECKS, "webhook.signature", evidence, "untested");
    if (status >= 400) assertCause(WEBHOOK_CHECKS, "webhook.status", evidence, "untested");
    else assertCause(TWIML_CHECKS, "twiml.well-formed", evidence, "untested");
  });
}

test("webhook.answered-by: names the platform, its page and the setting there", () => {
  const call = answeredCall(madeExchange("<title>DisallowedHost at /voice</title>", 400));
  const judged = assertCause(WEBHOOK_CHECKS, "webhook.answered-by", madeDoctorEvidence({}, call), "webhook-host-rejected");
  assertEquals(judged.actual, 'HTTP 400 "DisallowedHost at /voice": Django does not accept this Host');
  assertStringIncludes(judged.fix?.text ?? "", "ALLOWED_HOSTS");
});

test("webhook.status: a server that expects JSON gets each stack's way to read a form", () => {
  const judged = assertCause(
    WEBHOOK_CHECKS,
    "webhook.status",
    madeDoctorEvidence({}, answeredCall(madeExchange("{}", 422))),
    "webhook-form-rejected",
  );
  assertStringIncludes(judged.fix?.stacks?.fastapi ?? "", "request.form()");
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

/** A POST that was redirected with 301, and the GET's answer. */
function redirectedToGet(body: string, status: number) {
  const { fault: _fault, plan: _plan, ...hop } = madeExchange("", 301, { atMs: 900 });
  const final = madeExchange(body, status);
  const [from, to] = ["https://voice.example.net/voice", "https://voice.example.net/voice/"];
  const answer = { status: 301, headers: [["Location", "/voice/"]] as const, body: new Uint8Array(0) };
  return [
    { ...hop, request: { ...hop.request, url: from, method: "POST" as const }, answer },
    { ...final, request: { ...final.request, url: to, method: "GET" as const } },
  ] as const;
}

test("webhook.redirects: one that loses the form is an error where the GET fails, and a warning where it works", () => {
  const failing = madeDoctorEvidence({}, answeredCall(...redirectedToGet("Method Not Allowed", 405)));
  assertEquals(assertCause(WEBHOOK_CHECKS, "webhook.redirects", failing, "webhook-redirect-to-get").level, "error");
  assertCause(WEBHOOK_CHECKS, "webhook.status", failing, "untested");
  const working = madeDoctorEvidence({}, answeredCall(...redirectedToGet(goodTwiml, 200)));
  assertEquals(assertCause(WEBHOOK_CHECKS, "webhook.redirects", working, "webhook-redirect-to-get").level, "warning");
});
