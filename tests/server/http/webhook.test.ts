// The answers to authenticated webhooks. No network.

import { test } from "bun:test";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ACCOUNT_SID, callSidOf, MAX_MEMORY_BYTES, makeDesk, STREAM_SID, voiceForm } from "../fakes.ts";

const say = (sentence: string): RegExp => new RegExp(`<Response><Say language="en-US">${sentence}</Say><Hangup/></Response>$`);

test("answerVoice: the TwiML has a Content-Type and a length, and redirects to the action after <Connect>", async () => {
  const response = await makeDesk().post("/twilio/voice", voiceForm(1));
  const twiml = await response.text();
  assertEquals(response.headers.get("content-type"), "text/xml; charset=utf-8");
  assertEquals(response.headers.get("content-length"), String(new TextEncoder().encode(twiml).length));
  assertStringIncludes(twiml, 'statusCallback="https://voice.example/twilio/stream"');
  assertMatch(twiml, /<\/Connect><Redirect method="POST">after<\/Redirect><\/Response>$/);
});

test("answerVoice: while draining, over maxCalls and out of memory the caller hears a sentence; the last two send an alert", async () => {
  let residentBytes = 0;
  const desk = makeDesk({}, { maxCalls: 1, residentBytes: () => residentBytes });
  const call = async (n: number): Promise<string> => (await desk.post("/twilio/voice", voiceForm(n))).text();
  await call(1);
  assertMatch(await call(2), say("Busy."));
  desk.made.get(callSidOf(1))?.finish();
  residentBytes = MAX_MEMORY_BYTES;
  assertMatch(await call(3), say("Busy."));
  residentBytes = 0;
  await call(4);
  desk.calls.startDraining();
  assertMatch(await call(5), say("Draining."));
  assertStringIncludes(await call(4), "<Stream"); // a known call goes on
  assertEquals(
    desk.lines.map(({ fields }) => fields.reason),
    [undefined, "full", "outOfMemory", undefined, "draining", undefined],
  );
  assertEquals(desk.alerts, [`full ${callSidOf(2)}`, `outOfMemory ${callSidOf(3)}`]);
});

test("answerVoice: an agent that has spent its budget for the day takes no call, and the operator is alerted", async () => {
  const desk = makeDesk({}, { isOverBudget: true });
  assertMatch(await (await desk.post("/twilio/voice", voiceForm(1))).text(), say("Busy."));
  assertEquals(
    desk.lines.map(({ level, fields }) => [level, fields.reason]),
    [["warning", "overBudget"]],
  );
  assertEquals(desk.alerts, [`overBudget ${callSidOf(1)}`]);
});

test("answerVoice: a call that arrives while draining is transferred, without an action", async () => {
  const desk = makeDesk({}, { spoken: { transferTo: "+15005550009", busy: "reject" } });
  desk.calls.startDraining();
  const twiml = await (await desk.post("/twilio/voice", voiceForm(1))).text();
  const dial = '<Dial timeout="30"><Number>+15005550009</Number></Dial>';
  assertStringIncludes(twiml, `<Say language="en-US">Transferring.</Say>${dial}`);
  assertEquals(desk.lines[0]?.fields.answer, "transfer");
});

test("answerAfter: answers with what the call decides", async () => {
  const desk = makeDesk();
  await desk.post("/twilio/voice", voiceForm(1));
  const call = desk.made.get(callSidOf(1));
  if (call === undefined) throw new Error("no call");
  const ask = async (): Promise<string> => (await desk.post("/twilio/after", voiceForm(1, { CallStatus: "in-progress" }))).text();
  assertMatch(await ask(), say("Goodbye."));
  call.next = { type: "nothing" };
  assertMatch(await ask(), /<Response\/>$/);
  call.next = { type: "connect" };
  assertMatch(await ask(), /<Connect action="after".*<Parameter name="token"/);
  assertEquals(call.received.slice(1), ["decideNext in-progress", "decideNext in-progress", "decideNext in-progress"]);
});

test("answerAfter: a transfer is dialled, and the call receives how it ended", async () => {
  const desk = makeDesk({}, { spoken: { transferTo: "sip:desk@pbx.example" } });
  await desk.post("/twilio/voice", voiceForm(1));
  const call = desk.made.get(callSidOf(1));
  if (call === undefined) throw new Error("no call");
  call.next = { type: "transfer", sentence: "transferring" };
  const ask = (more: Record<string, string>) => desk.post("/twilio/after", voiceForm(1, { CallStatus: "in-progress", ...more }));
  assertStringIncludes(await (await ask({})).text(), "<Sip>sip:desk@pbx.example</Sip></Dial></Response>");
  await ask({ DialCallStatus: "no-answer" });
  assertEquals(call.received.slice(1), ["decideNext in-progress", "decideNext in-progress dial no-answer"]);
});

test("answerAfter: without VOICE_TRANSFER_TO a transfer becomes the apology", async () => {
  const desk = makeDesk();
  await desk.post("/twilio/voice", voiceForm(1));
  const call = desk.made.get(callSidOf(1));
  if (call !== undefined) call.next = { type: "transfer", sentence: "transferring" };
  assertMatch(await (await desk.post("/twilio/after", voiceForm(1, { CallStatus: "in-progress" }))).text(), say("Apology."));
});

test("answerAfter: an ended call is answered as planned for ten minutes", async () => {
  const desk = makeDesk();
  await desk.post("/twilio/voice", voiceForm(1));
  desk.made.get(callSidOf(1))?.finish();
  desk.clock.advance(599_999);
  assertMatch(await (await desk.post("/twilio/after", voiceForm(1, { CallStatus: "in-progress" }))).text(), say("Goodbye."));
  desk.clock.advance(1);
  assertMatch(await (await desk.post("/twilio/after", voiceForm(1, { CallStatus: "in-progress" }))).text(), say("Apology."));
});

/** What Twilio reports, whether VOICE_TRANSFER_TO is set, what the caller hears, and the alert. */
const unknownCalls: readonly [Record<string, string>, boolean, RegExp, string[]][] = [
  [{ CallStatus: "in-progress" }, false, say("Apology."), [`unknownCall ${callSidOf(9)}`]],
  [{ CallStatus: "in-progress" }, true, /Transferring.*<Dial/, [`unknownCall ${callSidOf(9)}`]],
  [{ CallStatus: "completed" }, true, /<Response\/>$/, []],
  [{ CallStatus: "in-progress", DialCallStatus: "completed" }, true, /<Response\/>$/, []],
  [{ CallStatus: "in-progress", DialCallStatus: "answered" }, true, /<Response\/>$/, []],
  [{ CallStatus: "in-progress", DialCallStatus: "no-answer" }, true, say("Apology."), [`transferFailed ${callSidOf(9)}`]],
  [{ CallStatus: "in-progress", DialCallStatus: "failed" }, true, say("Apology."), [`transferFailed ${callSidOf(9)}`]],
];
for (const [form, hasPerson, heard, alerts] of unknownCalls) {
  test(`answerAfter: an unknown call, ${JSON.stringify(form)}, ${hasPerson ? "with" : "without"} a person: ${heard}`, async () => {
    const desk = makeDesk({}, { spoken: { transferTo: hasPerson ? "+15005550009" : undefined } });
    assertMatch(await (await desk.post("/twilio/after", voiceForm(9, form))).text(), heard);
    assertEquals(desk.alerts, alerts);
  });
}

test("answerStatusCallback: the call receives the status, an unknown call is ignored, and the answer is 204", async () => {
  const desk = makeDesk();
  await desk.post("/twilio/voice", voiceForm(1));
  assertEquals((await desk.post("/twilio/status", voiceForm(1, { CallStatus: "completed" }))).status, 204);
  assertEquals((await desk.post("/twilio/status", voiceForm(9, { CallStatus: "completed" }))).status, 204);
  assertEquals(desk.made.get(callSidOf(1))?.received.at(-1), "reportStatus completed");
});

test("answerStreamCallback: a stream-error is logged with its meaning and its fix", async () => {
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
  assertStringIncludes(String(line?.fields.meaning), "not 101");
  assertStringIncludes(String(line?.fields.fix), "/twilio/realtime");
});
