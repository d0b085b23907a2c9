// Rejected webhooks, and their answers. The signatures: authenticator-webhook.test.ts. No network.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { MAX_FORM_FIELDS } from "../../../src/server/auth/authenticate-webhook.ts";
import { MAX_BODY_BYTES } from "../../../src/server/http/body.ts";
import { makeDesk, voiceForm } from "../fakes.ts";

test("authenticateWebhook: a body over 64 KiB is 413, by its Content-Length or while reading", async () => {
  const desk = makeDesk();
  const body = "a".repeat(MAX_BODY_BYTES + 1);
  const headers = { host: "voice.example", "x-twilio-signature": "x" };
  assertEquals((await desk.fetch("/twilio/voice", { method: "POST", headers, body })).status, 413);
  const stream = new Blob([body]).stream();
  assertEquals((await desk.fetch("/twilio/voice", { method: "POST", headers, body: stream })).status, 413);
  assertEquals(desk.events(), ["webhook.rejected", "webhook.rejected"]);
});

test("authenticateWebhook: a form of thousands of fields is rejected before its signature is computed", async () => {
  const body = "a&".repeat(MAX_FORM_FIELDS);
  const response = await makeDesk().fetch("/twilio/voice", { method: "POST", headers: { "x-twilio-signature": "x" }, body });
  assertEquals(response.status, 413);
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
