// Tests of src/server/http/unknown-path.ts. Which paths it answers: app.test.ts.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { isMisdirectedWebhook } from "../../../src/server/http/unknown-path.ts";
import { makeDesk } from "../fakes.ts";

const signed = { "x-twilio-signature": "x" };

test("answerUnknownPath: the fix names PUBLIC_URL, and the caller's number in the query is not logged", async () => {
  const desk = makeDesk({ publicUrl: "https://voice.example/line" });
  await desk.fetch("/line/twilio/vioce?From=%2B15005550001", { headers: signed });
  const fields = JSON.stringify(desk.lines[0]?.fields);
  assertStringIncludes(fields, "https://voice.example/line/twilio/voice, HTTP POST");
  assertStringIncludes(fields, "/line/twilio/vioce");
  assertEquals(fields.includes("5005550001"), false);
  assertEquals(desk.alerts, ["misconfigured undefined"]);
});

test("answerUnknownPath: an unsigned request is 404, without a log line", async () => {
  const desk = makeDesk();
  assertEquals((await desk.fetch("/twilio/vioce", { method: "POST" })).status, 404);
  assertEquals(desk.events(), []);
});

for (const [what, query, headers, is] of [
  ["a signed GET with a CallSid", "?a=b&CallSid=CA1", signed, true],
  ["the same without a signature", "?CallSid=CA1", {}, false],
  ["a handshake", "?CallSid=CA1", { ...signed, upgrade: "websocket" }, false],
  ["a handshake whose headers a proxy dropped", "", signed, false],
] as const) {
  test(`isMisdirectedWebhook: ${what}: ${is}`, () => {
    assertEquals(isMisdirectedWebhook(new Request(`http://h.example/twilio/realtime${query}`, { headers })), is);
  });
}
