// What Twilio is answered over HTTP once the door is passed. No network.

import { test } from "bun:test";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MAX_BODY_BYTES } from "../../src/server/body.ts";
import { MAX_FORM_FIELDS } from "../../src/server/webhook.ts";
import { ACCOUNT_SID, callSidOf, makeDesk, STREAM_SID, voiceForm } from "./fakes.ts";

const say = (sentence: string): RegExp => new RegExp(`<Response><Say language="en-US">${sentence}</Say><Hangup/></Response>$`);

test("answerVoice: TwiML has its type and its length, and redirects to the action after Connect", async () => {
  const response = await makeDesk().post("/twilio/voice", voiceForm(1));
  const twiml = await response.text();
  assertEquals(response.headers.get("content-type"), "text/xml; charset=utf-8");
  assertEquals(response.headers.get("content-length"), String(new TextEncoder().encode(twiml).length));
  assertStringIncludes(twiml, 'statusCallback="https://voice.example/twilio/stream"');
  assertMatch(twiml, /<\/Connect><Redirect method="POST">https:\/\/voice\.example\/twilio\/after<\/Redirect><\/Response>$/);
});

test("answerVoice: while draining, and over maxCalls, the caller is told in words", async () => {
  const desk = makeDesk({}, { maxCalls: 1 });
  await desk.post("/twilio/voice", voiceForm(1));
  assertMatch(await (await desk.post("/twilio/voice", voiceForm(2))).text(), say("Apology."));
  desk.calls.startDraining();
  assertMatch(await (await desk.post("/twilio/voice", voiceForm(3))).text(), say("Draining."));
  assertStringIncludes(await (await desk.post("/twilio/voice", voiceForm(1))).text(), "<Stream"); // one that is known goes on
  assertEquals(
    desk.lines.map(({ fields }) => fields.why),
    [undefined, "full", "draining", undefined],
  );
});

test("answerAfter: says what the call says comes next", async () => {
  const desk = makeDesk();
  await desk.post("/twilio/voice", voiceForm(1));
  const call = desk.made.get(callSidOf(1));
  if (call === undefined) throw new Error("no call");
  const ask = async (): Promise<string> => (await desk.post("/twilio/after", voiceForm(1, { CallStatus: "in-progress" }))).text();
  assertMatch(await ask(), say("Goodbye."));
  call.next = { type: "nothing" };
  assertMatch(await ask(), /<Response\/>$/);
  call.next = { type: "connect" };
  assertMatch(await ask(), /<Connect action="https:\/\/voice\.example\/twilio\/after".*<Parameter name="token"/);
  assertEquals(call.told.slice(1), ["asked in-progress", "asked in-progress", "asked in-progress"]);
});

test("answerAfter: an ended call's plan is found for ten minutes", async () => {
  const desk = makeDesk();
  await desk.post("/twilio/voice", voiceForm(1));
  desk.made.get(callSidOf(1))?.finish();
  desk.clock.advance(599_999);
  assertMatch(await (await desk.post("/twilio/after", voiceForm(1, { CallStatus: "in-progress" }))).text(), say("Goodbye."));
  desk.clock.advance(1);
  assertMatch(await (await desk.post("/twilio/after", voiceForm(1, { CallStatus: "in-progress" }))).text(), say("Apology."));
});

test("answerAfter: an unknown call hears the apology, and nothing when it is over", async () => {
  const desk = makeDesk();
  assertMatch(await (await desk.post("/twilio/after", voiceForm(9, { CallStatus: "in-progress" }))).text(), say("Apology."));
  assertMatch(await (await desk.post("/twilio/after", voiceForm(9, { CallStatus: "completed" }))).text(), /<Response\/>$/);
});

test("takeStatus: the call is told, an unknown one is none of our business, and the answer is 204", async () => {
  const desk = makeDesk();
  await desk.post("/twilio/voice", voiceForm(1));
  assertEquals((await desk.post("/twilio/status", voiceForm(1, { CallStatus: "completed" }))).status, 204);
  assertEquals((await desk.post("/twilio/status", voiceForm(9, { CallStatus: "completed" }))).status, 204);
  assertEquals(desk.made.get(callSidOf(1))?.told.at(-1), "reported completed");
});

test("takeStreamEvent: a stream-error is logged with its cause and its mend", async () => {
  const desk = makeDesk();
  const form = {
    CallSid: callSidOf(1),
    AccountSid: ACCOUNT_SID,
    StreamSid: STREAM_SID,
    StreamName: "x",
    Timestamp: "2026-01-01T00:00:00.000000001Z",
  };
  assertEquals((await desk.post("/twilio/stream", { ...form, StreamEvent: "stream-started" })).status, 204);
  const error = "31920 WebSocket - Handshake Error";
  assertEquals((await desk.post("/twilio/stream", { ...form, StreamEvent: "stream-error", StreamError: error })).status, 204);
  const line = desk.lines.find(({ event }) => event === "stream.failed");
  assertEquals([line?.level, line?.fields.code], ["error", "31920"]);
  assertStringIncludes(String(line?.fields.cause), "not 101");
  assertStringIncludes(String(line?.fields.mend), "/twilio/realtime");
});

test("pass: a body over 64 KiB is 413, told by its length or found on the way", async () => {
  const desk = makeDesk();
  const body = "a".repeat(MAX_BODY_BYTES + 1);
  const headers = { host: "voice.example", "x-twilio-signature": "x" };
  assertEquals((await desk.fetch("/twilio/voice", { method: "POST", headers, body })).status, 413);
  const stream = new Blob([body]).stream();
  assertEquals((await desk.fetch("/twilio/voice", { method: "POST", headers, body: stream })).status, 413);
  assertEquals(desk.events(), ["webhook.refused", "webhook.refused"]);
});

test("pass: a form of thousands of fields is refused before its signature is computed", async () => {
  const body = "a&".repeat(MAX_FORM_FIELDS);
  const response = await makeDesk().fetch("/twilio/voice", { method: "POST", headers: { "x-twilio-signature": "x" }, body });
  assertEquals(response.status, 413);
});

test("pass: a signed request without a CallSid is 400", async () => {
  for (const params of [{ From: "+15005550001" }, { CallSid: "../x" }, { CallSid: "A".repeat(65) }]) {
    assertEquals((await makeDesk().post("/twilio/voice", params)).status, 400);
  }
});
