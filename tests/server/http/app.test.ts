// The routes: which exist, which do not, and the answers when we throw. No network.

import { test } from "bun:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeDesk, voiceForm } from "../fakes.ts";

const say = (sentence: string): RegExp => new RegExp(`<Response><Say language="en-US">${sentence}</Say><Hangup/></Response>$`);

for (const [path, method, status] of [
  ["/", "GET", 404],
  ["/twilio", "GET", 404],
  ["/twilio/voice/", "POST", 404],
  ["/twilio/voice", "PUT", 404],
  ["/twilio/realtime", "POST", 404],
  ["/twilio/realtime", "GET", 426],
  ["/.env", "GET", 404],
] as const) {
  test(`routes: ${method} ${path} is ${status}, as plain text`, async () => {
    const response = await makeDesk().fetch(path, { method });
    assertEquals(response.status, status);
    assertEquals(response.headers.get("content-type"), "text/plain; charset=utf-8");
  });
}

for (const [path, method] of [
  ["/twilio/voice/", "POST"],
  ["//twilio/voice", "POST"],
  ["/Twilio/Voice", "POST"],
  ["/", "POST"],
  ["/", "GET"],
  ["/twilio/voice.php?a=b", "GET"],
  ["/twilio/voice", "PUT"],
  ["/twilio/realtime", "POST"],
  ["/twilio/realtime?CallSid=CA1", "GET"],
  ["/healthz", "POST"],
  [`/${"x".repeat(5_000)}`, "POST"],
] as const) {
  test(`routes: a signed ${method} ${path.slice(0, 40)} is answered with a sentence, and logged`, async () => {
    const desk = makeDesk();
    const response = await desk.fetch(path, { method, headers: { "x-twilio-signature": "x" } });
    assertEquals(response.status, 200);
    assertMatch(await response.text(), say("Misconfigured."));
    assertEquals(desk.events(), ["webhook.rejected"]);
    assertMatch(String(desk.lines[0]?.fields.fix), /\/twilio\/voice, HTTP POST$/);
    assert(JSON.stringify(desk.lines).length < 1_000);
    assertEquals(desk.made.size, 0);
  });
}

for (const [path, status, said] of [
  ["/twilio/voice", 200, "Apology."],
  ["/twilio/after", 200, "Apology."],
  ["/twilio/status", 204, ""],
  ["/twilio/stream", 204, ""],
] as const) {
  test(`onError: when we throw on ${path}, the answer is ${status} ${said}, and the stack is logged`, async () => {
    const desk = makeDesk();
    desk.auth.checkWebhook = () => {
      throw new Error("BUG: planted");
    };
    const response = await desk.post(path, voiceForm(1));
    assertEquals(response.status, status);
    assertStringIncludes(await response.text(), said);
    assertEquals(desk.events(), ["server.threw"]);
    assertStringIncludes(String(desk.lines[0]?.fields.stack), "planted");
  });
}

test("onError: when a driver cannot be created, that caller hears the apology", async () => {
  const desk = makeDesk({}, { broken: true });
  assertMatch(await (await desk.post("/twilio/voice", voiceForm(1))).text(), say("Apology."));
  assertEquals(desk.calls.running, 0);
});

for (const path of ["/twilio/voice", "/twilio/after", "/twilio/fallback"]) {
  test(`routes: the answer of ${path} names the instance, as a stream's 101 does`, async () => {
    const response = await makeDesk().post(path, voiceForm(1));
    assertMatch(response.headers.get("x-voice-instance") ?? "", /^[\da-f-]{36}$/);
  });
}
