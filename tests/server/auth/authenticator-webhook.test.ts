// Authentication of webhooks: every rule for HTTP.

import { test } from "bun:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { signRequest } from "../../../src/protocol/signature.ts";
import { ACCOUNT_SID, AUTH_TOKEN, callSidOf, makeDesk, tokenIn, voiceForm } from "../fakes.ts";

const local = { host: "127.0.0.1:8080", "content-type": "application/x-www-form-urlencoded" };
const body = new URLSearchParams(voiceForm(1)).toString();

test("checkWebhook: a signature over the requested URL is accepted", async () => {
  const desk = makeDesk();
  const response = await desk.post("/twilio/voice", voiceForm(1));
  const twiml = await response.text();
  assertEquals(response.status, 200);
  assertStringIncludes(twiml, 'url="wss://voice.example/twilio/realtime"');
  // Relative, so that they follow the request; the others are requested outside the call's document.
  assertStringIncludes(twiml, '<Connect action="after" method="POST">');
  assertStringIncludes(twiml, '<Redirect method="POST">after</Redirect>');
  assertStringIncludes(twiml, 'statusCallback="https://voice.example/twilio/stream"');
  assert(!twiml.includes("+1500"), "no telephone number in the TwiML");
  assertEquals(desk.events(), ["webhook.answered"]);
});

test("checkWebhook: a GET is signed over its query alone", async () => {
  const path = `/twilio/voice?${body}`;
  const signature = signRequest(AUTH_TOKEN, `https://voice.example${path}`, {});
  const response = await makeDesk().fetch(path, { headers: { host: "voice.example", "x-twilio-signature": signature } });
  assertStringIncludes(await response.text(), "<Stream");
});

for (const route of ["/twilio/voice", "/twilio/after", "/twilio/status", "/twilio/stream"]) {
  test(`checkWebhook: ${route} without a signature is 403`, async () => {
    const desk = makeDesk();
    const response = await desk.fetch(route, { method: "POST", headers: { ...local, host: "voice.example" }, body });
    assertEquals(response.status, 403);
    assertEquals(desk.made.size, 0);
    assertEquals(desk.events(), ["webhook.rejected"]);
  });

  test(`checkWebhook: ${route} signed by another token starts nothing, and the caller hears a sentence`, async () => {
    const desk = makeDesk();
    const response = await desk.post(route, voiceForm(1), { token: "f".repeat(32) });
    const text = await response.text();
    const heard = route === "/twilio/voice" || route === "/twilio/after";
    assertEquals(response.status, heard ? 200 : 403);
    if (heard) assertMatch(text, /<Response><Say[^>]*>Misconfigured\.<\/Say><Hangup\/><\/Response>/);
    assert(!/Stream|token/.test(text));
    assertEquals(desk.made.size, 0);
    assertEquals(desk.lines[0]?.level, "error");
    assertStringIncludes(String(desk.lines[0]?.fields.triedUrls), "https://voice.example/twilio/");
  });
}

test("checkWebhook: a form with a field changed after signing is rejected", async () => {
  const desk = makeDesk();
  const signature = signRequest(AUTH_TOKEN, "https://voice.example/twilio/voice", voiceForm(1));
  const response = await desk.post("/twilio/voice", voiceForm(2), { headers: { "x-twilio-signature": signature } });
  assertStringIncludes(await response.text(), "Misconfigured.");
  assertEquals(desk.made.size, 0);
});

test("checkWebhook: a signature for one route is not valid for another", async () => {
  const signature = signRequest(AUTH_TOKEN, "https://voice.example/twilio/status", voiceForm(1));
  const response = await makeDesk().post("/twilio/voice", voiceForm(1), { headers: { "x-twilio-signature": signature } });
  assertStringIncludes(await response.text(), "Misconfigured.");
});

test("checkWebhook: an HMAC under an empty key is rejected", async () => {
  const response = await makeDesk().post("/twilio/voice", voiceForm(1), { token: "" });
  assertStringIncludes(await response.text(), "Misconfigured.");
});

test("checkWebhook: hosts on which the twilio package throws are rejected without a throw", async () => {
  const headers = { "x-forwarded-host": "a b[", "x-forwarded-proto": "javascript", forwarded: 'host="%%%"' };
  const response = await makeDesk().post("/twilio/voice", voiceForm(1), { headers, token: "f".repeat(32) });
  assertStringIncludes(await response.text(), "Misconfigured.");
});

const proxied = [
  { host: "10.0.0.7:3000", "x-forwarded-host": "voice.example", "x-forwarded-proto": "https" },
  { host: "10.0.0.7:3000", "x-forwarded-host": "voice.example, inner", "x-forwarded-proto": "https, http" },
  { host: "10.0.0.7:3000", forwarded: "for=192.0.2.9;proto=https;host=voice.example" },
  { host: "voice.example" },
];
for (const headers of proxied) {
  test(`checkWebhook: behind a proxy, the URL is taken from ${JSON.stringify(headers)}`, async () => {
    const response = await makeDesk().post("/twilio/voice", voiceForm(1), { headers });
    assertStringIncludes(await response.text(), 'url="wss://voice.example/twilio/realtime"');
  });
}

test("checkWebhook: PUBLIC_URL overrides the headers, with its prefix and port", async () => {
  const desk = makeDesk({ publicUrl: "https://voice.example:8443/phone" });
  const signed = signRequest(AUTH_TOKEN, "https://voice.example/phone/twilio/voice", voiceForm(1)); // Twilio signs without the port
  const response = await desk.post("/twilio/voice", voiceForm(1), { headers: { host: "inner:3000", "x-twilio-signature": signed } });
  assertStringIncludes(await response.text(), 'url="wss://voice.example:8443/phone/twilio/realtime"');
  assertEquals(desk.events(), ["webhook.answered"]);
});

test("routes: a proxy may keep PUBLIC_URL's prefix in the path", async () => {
  const desk = makeDesk({ publicUrl: "https://voice.example/phone" });
  const response = await desk.post("/phone/twilio/voice", voiceForm(1));
  assertStringIncludes(await response.text(), 'url="wss://voice.example/phone/twilio/realtime"');
});

test("checkWebhook: a signature over another URL than PUBLIC_URL is accepted, that URL is used, and a warning is logged", async () => {
  const desk = makeDesk({ publicUrl: "https://old.example" });
  const response = await desk.post("/twilio/voice", voiceForm(1));
  assertStringIncludes(await response.text(), 'url="wss://voice.example/twilio/realtime"');
  assertEquals(desk.events(), ["webhook.urlMismatched", "webhook.answered"]);
  assertStringIncludes(String(desk.lines[0]?.fields.fix), "PUBLIC_URL=https://voice.example,");
});

const ports: readonly [what: string, host: string, headers: Record<string, string>, signed: string, stream: string, warned: boolean][] = [
  ["a proxy's port", "voice.example", { "x-forwarded-port": "8443" }, "https://voice.example", "voice.example", false],
  ["a port in Host", "voice.example:8080", {}, "https://voice.example", "voice.example", true],
  ["a port in Host that is signed", "voice.example:8080", {}, "http://voice.example:8080", "voice.example:8080", false],
  [
    "a proxy's port that is signed",
    "voice.example",
    { "x-forwarded-port": "8443" },
    "https://voice.example:8443",
    "voice.example:8443",
    true,
  ],
  ["a default port in Host", "voice.example:443", {}, "https://voice.example", "voice.example", false],
  ["an inner Host", "10.0.0.7:3000", { "x-forwarded-host": "voice.example" }, "https://voice.example", "voice.example", false],
];
for (const [what, host, headers, signed, stream, warned] of ports) {
  test(`checkWebhook: ${what}: the stream goes to ${stream}${warned ? ", with a warning" : ""}`, async () => {
    const desk = makeDesk();
    const signature = signRequest(AUTH_TOKEN, `${signed}/twilio/voice`, voiceForm(1));
    const response = await desk.post("/twilio/voice", voiceForm(1), { headers: { host, ...headers, "x-twilio-signature": signature } });
    const twiml = await response.text();
    assertStringIncludes(twiml, `<Stream url="wss://${stream}/twilio/realtime"`);
    assertEquals(desk.events(), warned ? ["webhook.portMismatched", "webhook.answered"] : ["webhook.answered"]);
  });
}

test("checkWebhook: the stream is wss even for an http webhook, except for callers on this machine", async () => {
  const far = await makeDesk().post("/twilio/voice", voiceForm(1), { origin: "http://voice.example" });
  assertStringIncludes(await far.text(), 'url="wss://voice.example/twilio/realtime"');
  const near = await makeDesk().post("/twilio/voice", voiceForm(1), { origin: "http://127.0.0.1:8080", peer: "127.0.0.1" });
  assertStringIncludes(await near.text(), 'url="ws://127.0.0.1:8080/twilio/realtime"');
});

for (const peer of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
  test(`checkWebhook: without an auth token, a program on this machine (${peer}) is accepted, with ws`, async () => {
    const response = await makeDesk({ twilioAuthToken: undefined }).fetch("/twilio/voice", { method: "POST", headers: local, body }, peer);
    assertStringIncludes(await response.text(), 'url="ws://127.0.0.1:8080/twilio/realtime"');
  });
}

for (const peer of ["192.0.2.1", "127.0.0.1"]) {
  test(`checkWebhook: without an auth token, the caller of a signed request from ${peer} hears that the token is missing`, async () => {
    const desk = makeDesk({ twilioAuthToken: undefined });
    const response = await desk.post("/twilio/voice", voiceForm(1), { origin: "http://127.0.0.1:8080", peer });
    const twiml = await response.text();
    assertStringIncludes(twiml, "has no Twilio auth token");
    assertStringIncludes(twiml, "<Hangup/>");
    assertEquals(desk.made.size, 0);
  });
}

test("checkWebhook: --allow-unsigned accepts unsigned calls from anywhere, but not when an auth token is set", async () => {
  const init = { method: "POST", headers: { ...local, host: "voice.example" }, body };
  const open = await makeDesk({ twilioAuthToken: undefined, allowUnsigned: true }).fetch("/twilio/voice", init);
  assertStringIncludes(await open.text(), 'url="wss://voice.example/twilio/realtime"');
  const shut = await makeDesk({ allowUnsigned: true }).fetch("/twilio/voice", init);
  assertEquals(shut.status, 403);
});

test("issueToken: a retried webhook gets the same token and creates no second call", async () => {
  const desk = makeDesk();
  const first = await tokenIn(await desk.post("/twilio/voice", voiceForm(1)));
  desk.clock.advance(14_000);
  assertEquals(await tokenIn(await desk.post("/twilio/voice", voiceForm(1))), first);
  assertEquals(desk.made.get(callSidOf(1))?.received, ["requestStream, prewarm"]);
  assert(first !== undefined && first.length < 60);
});

test("offer: an ended call gets no token for 4 hours, because an old webhook could be replayed", async () => {
  const desk = makeDesk();
  await desk.post("/twilio/voice", voiceForm(1));
  desk.made.get(callSidOf(1))?.finish();
  desk.clock.advance(4 * 3_600_000 - 1);
  const refused = await (await desk.post("/twilio/voice", voiceForm(1))).text();
  assertStringIncludes(refused, "Apology.");
  assert(!refused.includes("token"));
  desk.clock.advance(1);
  assertStringIncludes(await (await desk.post("/twilio/voice", voiceForm(1))).text(), "token");
});

test("log: no line holds the auth token, a signature or a stream's token", async () => {
  const desk = makeDesk();
  const token = await tokenIn(await desk.post("/twilio/voice", voiceForm(1)));
  await desk.post("/twilio/voice", voiceForm(1, { Digits: "1" }), { token: "e".repeat(32) });
  const signature = signRequest(AUTH_TOKEN, "https://voice.example/twilio/voice", voiceForm(1));
  const text = JSON.stringify(desk.lines);
  for (const secret of [AUTH_TOKEN, signature, token ?? "", ACCOUNT_SID.slice(2)]) assert(secret !== "" && !text.includes(secret));
});
