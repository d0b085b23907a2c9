// Who does not get through to a webhook, and what they are answered. The signatures themselves: door-webhook.test.ts. No network.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { MAX_FORM_FIELDS } from "../../../src/server/auth/authenticate-webhook.ts";
import { MAX_BODY_BYTES } from "../../../src/server/http/body.ts";
import { makeDesk, voiceForm } from "../fakes.ts";

test("authenticateWebhook: a body over 64 KiB is 413, told by its length or found on the way", async () => {
  const desk = makeDesk();
  const body = "a".repeat(MAX_BODY_BYTES + 1);
  const headers = { host: "voice.example", "x-twilio-signature": "x" };
  assertEquals((await desk.fetch("/twilio/voice", { method: "POST", headers, body })).status, 413);
  const stream = new Blob([body]).stream();
  assertEquals((await desk.fetch("/twilio/voice", { method: "POST", headers, body: stream })).status, 413);
  assertEquals(desk.events(), ["webhook.rejected", "webhook.rejected"]);
});

test("authenticateWebhook: a form of thousands of fields is refused before its signature is computed", async () => {
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
  test(`authenticateWebhook: a signature that fits nothing gets ${status} from ${route}, and nobody is rung`, async () => {
    const desk = makeDesk({}, { spoken: { transferTo: "+15005550009" } });
    const response = await desk.post(route, voiceForm(1), { token: "f".repeat(32) });
    assertEquals(response.status, status);
    if (status === 200) assertStringIncludes(await response.text(), '<Say language="en-US">Misconfigured.</Say><Hangup/>');
    // The CallSid is whoever's who sent it.
    assertEquals(desk.alerts, status === 200 ? ["misconfigured undefined"] : []);
  });
}
