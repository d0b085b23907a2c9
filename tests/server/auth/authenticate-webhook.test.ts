// Rejected webhooks, and their answers. The signatures: authenticator-webhook.test.ts. No network.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { identityOf, MAX_FORM_FIELDS } from "../../../src/server/auth/authenticate-webhook.ts";
import { MAX_TARGET_CHARS } from "../../../src/server/auth/signed-url-finder.ts";
import { MAX_BODY_BYTES } from "../../../src/server/http/body.ts";
import { ACCOUNT_SID, callSidOf, makeDesk, voiceForm } from "../fakes.ts";

test("authenticateWebhook: a body over the limit is 413, by its Content-Length or while reading", async () => {
  const desk = makeDesk();
  const body = "a".repeat(MAX_BODY_BYTES + 1);
  const headers = { host: "voice.example", "x-twilio-signature": "x" };
  assertEquals((await desk.fetch("/twilio/voice", { method: "POST", headers, body })).status, 413);
  const stream = new Blob([body]).stream();
  assertEquals((await desk.fetch("/twilio/voice", { method: "POST", headers, body: stream })).status, 413);
  assertEquals(desk.events(), ["webhook.rejected", "webhook.rejected"]);
});

test("authenticateWebhook: too many fields, or too long a URL, are rejected before any signature is computed", async () => {
  const desk = makeDesk();
  desk.auth.checkWebhook = () => {
    throw new Error("the signature was checked");
  };
  const headers = { "x-twilio-signature": "x" };
  const fields = "a&".repeat(MAX_FORM_FIELDS);
  assertEquals((await desk.fetch("/twilio/voice", { method: "POST", headers, body: fields })).status, 413);
  assertEquals((await desk.fetch(`/twilio/voice?${fields}`, { headers })).status, 413);
  const longUrl = `/twilio/voice?a=${"x".repeat(MAX_TARGET_CHARS)}`;
  assertEquals((await desk.fetch(longUrl, { headers })).status, 414);
  assertEquals((await desk.fetch(longUrl, { method: "POST", headers, body: "a=b" })).status, 414);
});

test("authenticateWebhook: what the headers decide needs no body", async () => {
  const endless = (): ReadableStream => new ReadableStream({ pull: () => new Promise(() => {}) });
  const unsigned = await makeDesk().fetch("/twilio/voice", { method: "POST", body: endless() });
  assertEquals(unsigned.status, 403);
  const desk = makeDesk({ twilioAuthToken: undefined });
  const headers = { host: "voice.example", "x-twilio-signature": "x" };
  const withoutToken = await desk.fetch("/twilio/voice", { method: "POST", headers, body: endless() });
  assertStringIncludes(await withoutToken.text(), "has no Twilio auth token");
  assertEquals((await desk.fetch("/twilio/status", { method: "POST", headers, body: endless() })).status, 403);
  assertEquals((await desk.fetch("/twilio/voice", { method: "POST", headers: { host: "voice.example" }, body: endless() })).status, 403);
});

test("authenticateWebhook: a signed request without a CallSid is 400", async () => {
  for (const params of [{ From: "+15005550001" }, { CallSid: "../x" }, { CallSid: "A".repeat(65) }]) {
    assertEquals((await makeDesk().post("/twilio/voice", params)).status, 400);
  }
});

for (const [route, status] of [
  ["/twilio/voice", 200],
  ["/twilio/after", 200],
  ["/twilio/fallback", 200],
  ["/twilio/status", 403],
  ["/twilio/stream", 403],
] as const) {
  test(`authenticateWebhook: a signature that matches no URL gets ${status} from ${route}, and no call is transferred`, async () => {
    const desk = makeDesk({}, { spoken: { transferTo: "+15005550009" } });
    const response = await desk.post(route, voiceForm(1), { token: "f".repeat(32) });
    assertEquals(response.status, status);
    if (status === 200) assertStringIncludes(await response.text(), '<Say language="en-US">Misconfigured.</Say><Hangup/>');
    // The CallSid is not authenticated, so the alert does not name it.
    assertEquals(desk.alerts, status === 200 ? ["misconfigured undefined"] : []);
  });
}

for (const [stated, direction] of [
  ["inbound", "inbound"],
  ["outbound-api", "outbound"],
  ["outbound-dial", "outbound"],
  ["", undefined],
  ["sideways", undefined],
] as const) {
  test(`identityOf: Direction "${stated}" is ${direction}`, () => {
    const form = (name: string): string => voiceForm(1, { Direction: stated })[name] ?? "";
    const numbers = { from: "+15005550001", to: "+15005550006" };
    assertEquals(identityOf({ callSid: callSidOf(1), form }), { callSid: callSidOf(1), accountSid: ACCOUNT_SID, ...numbers, direction });
  });
}
