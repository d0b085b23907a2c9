// The checks of X-Twilio-Signature, with one fault each.

import { test } from "bun:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { SIGNATURE_CHECK, UNSIGNED_CHECK } from "../../../src/doctor/checks/signature.ts";
import type { WebhookTry } from "../../../src/doctor/evidence/evidence.ts";
import { madeExchange } from "../../selftest/checks/made.ts";
import { answeredCall, assertCause, documentCall, madeDoctorEvidence } from "./made.ts";

const checks = [SIGNATURE_CHECK, UNSIGNED_CHECK];

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
  assertCause(checks, "webhook.signature", madeDoctorEvidence({ hasToken: false }, refused), "needs-token");
});

test("webhook.signature: an accepted variant shows which URL the server checks", () => {
  const webhookTries = [
    variant("unsigned", { signedUrl: undefined }),
    variant("http in place of https", { isTwiml: true, status: 200, signedUrl: "http://voice.example.net/v" }),
  ];
  const judged = assertCause(checks, "webhook.signature", madeDoctorEvidence({ webhookTries }, refused), "webhook-signature-rejected");
  assertStringIncludes(judged.actual, "http://voice.example.net/v");
});

test("webhook.signature: a refusal in TwiML is found out by a variant that gets a stream", () => {
  const call = documentCall("<Response><Say>No.</Say></Response>");
  const webhookTries = [variant("with its port", { isTwiml: true, hasStream: true, status: 200 })];
  assertCause(checks, "webhook.signature", madeDoctorEvidence({ webhookTries }, call), "webhook-signature-rejected");
  assertCause(checks, "webhook.signature", madeDoctorEvidence({}, call), "passed");
});

test("webhook.unsigned: an open endpoint is a warning with a token, advice without", () => {
  const webhookTries = [variant("unsigned", { signedUrl: undefined, isTwiml: true, status: 200 })];
  assertEquals(assertCause(checks, "webhook.unsigned", madeDoctorEvidence({ webhookTries }), "webhook-accepts-unsigned").level, "warning");
  assertEquals(assertCause(checks, "webhook.unsigned", madeDoctorEvidence({ hasToken: false }), "webhook-accepts-unsigned").level, "info");
  assertCause(checks, "webhook.unsigned", madeDoctorEvidence({ webhookTries: [variant("unsigned", { signedUrl: undefined })] }), "passed");
});

test("webhook.signature: when no signature is accepted, token or URL is wrong, and the token is named first", () => {
  const judged = assertCause(checks, "webhook.signature", madeDoctorEvidence({}, refused), "webhook-signature-mismatch");
  assertMatch(judged.fix?.text ?? "", /^first compare the tokens/);
});

for (const [what, twiml, cause] of [
  ["a refusal", "<Response><Say>This line is not set up.</Say><Hangup/></Response>", "webhook-signature-mismatch"],
  ["a refusal in a comment", "<Response><!-- invalid signature --><Hangup/></Response>", "webhook-signature-mismatch"],
  ["a greeting", "<Response><Say>Please hold.</Say></Response>", "passed"],
] as const) {
  test(`webhook.signature: TwiML without a stream to a signed request, ${what}: ${cause}`, () => {
    assertCause(checks, "webhook.signature", madeDoctorEvidence({}, documentCall(twiml)), cause);
  });
}

test("webhook.signature: a refusal of voice itself leads to voice check", () => {
  const exchange = madeExchange("<Response><Say>Es tut mir leid.</Say></Response>");
  assert(exchange.answer);
  const headers = [...exchange.answer.headers, ["x-voice-instance", "a"] as const];
  const call = answeredCall({ ...exchange, answer: { ...exchange.answer, headers } });
  const judged = assertCause(checks, "webhook.signature", madeDoctorEvidence({}, call), "webhook-signature-mismatch");
  assertStringIncludes(judged.fix?.text ?? "", "voice check");
  assertCause(checks, "webhook.signature", madeDoctorEvidence({ hasToken: false }, call), "needs-token");
});

test("webhook.unsigned: TwiML without a stream is a refusal where the signed request got a stream", () => {
  const webhookTries = [variant("unsigned", { signedUrl: undefined, isTwiml: true, hasStream: false, status: 200 })];
  assertCause(checks, "webhook.unsigned", madeDoctorEvidence({ webhookTries }), "passed");
});

for (const { id } of checks) {
  test(`${id}: untested for a wss URL`, () => {
    const target = { url: "wss://voice.example.net/s", kind: "stream" } as const;
    assertCause(checks, id, madeDoctorEvidence({ target }), "untested");
  });
}

test("webhook.signature: words to a signed request and 404 to the same unsigned one mean a wrong path", () => {
  const call = documentCall("<Response><Say>I am sorry, this line is not set up correctly.</Say><Hangup/></Response>");
  const webhookTries = [variant("unsigned", { signedUrl: undefined, status: 404 })];
  assertCause(checks, "webhook.signature", madeDoctorEvidence({ webhookTries }, call), "webhook-not-found");
});

for (const [what, body, type] of [
  ["text/plain", "Invalid signature", "text/plain"],
  ["JSON", '{"error":"invalid signature"}', "application/json"],
] as const) {
  test(`webhook.signature: a refusal with 200 as ${what} is recognised, without a token too`, () => {
    assertCause(checks, "webhook.signature", madeDoctorEvidence({}, documentCall(body, type)), "webhook-signature-mismatch");
    assertCause(checks, "webhook.signature", madeDoctorEvidence({ hasToken: false }, documentCall(body, type)), "needs-token");
  });
}

test("webhook.signature: a stack trace that has the word is not a refusal", () => {
  const call = answeredCall(madeExchange("TypeError in inspect.signature()", 500));
  assertCause(checks, "webhook.signature", madeDoctorEvidence({}, call), "untested");
});
