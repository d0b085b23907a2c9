// The fallback URL: the answer for each error and each call. The caller always hears something. No network.

import { test } from "bun:test";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { callSidOf, type Desk, makeDesk, offer, STREAM_SID, startText, voiceForm } from "../fakes.ts";

const errorUrl = "https://elsewhere.example/twilio/voice?From=%2B15005550001";
const ask = async (desk: Desk, n: number, more: Record<string, string>): Promise<string> => {
  const response = await desk.post("/twilio/fallback", voiceForm(n, { ErrorCode: "11205", ErrorUrl: errorUrl, ...more }));
  assertEquals(response.status, 200);
  return response.text();
};
const person = { spoken: { transferTo: "+15005550009" } };

for (const callStatus of ["ringing", "in-progress"]) {
  test(`answerFallback: another host's call that is ${callStatus} is accepted, and its stream too`, async () => {
    const desk = makeDesk();
    const twiml = await ask(desk, 1, { CallStatus: callStatus });
    assertStringIncludes(twiml, '<Stream url="wss://voice.example/twilio/realtime"');
    assertStringIncludes(twiml, '<Connect action="after"');
    const { listener } = desk.stream();
    listener.text(startText(1, /name="token" value="([^"]*)"/.exec(twiml)?.[1]));
    assertEquals(desk.made.get(callSidOf(1))?.received, ["requestStream, prewarm", `attach ${STREAM_SID}`]);
  });
}

test("answerFallback: logs and alerts why Twilio asked, without the number in the URL", async () => {
  const desk = makeDesk();
  await ask(desk, 1, { ErrorCode: "11237" });
  const line = desk.lines.find(({ event }) => event === "fallback.answered");
  assertEquals([line?.level, line?.fields.code, line?.fields.known, line?.fields.next], ["error", "11237", false, "connect"]);
  assertEquals(line?.fields.errorUrl, "https://elsewhere.example/twilio/voice?…");
  assertStringIncludes(String(line?.fields.meaning), "does not lead to a CA");
  assertStringIncludes(String(line?.fields.fix), "intermediates");
  assertEquals(desk.alerts, [`twilioError ${callSidOf(1)}`]);
});

test("answerFallback: a known call decides what comes next, ringing or not", async () => {
  const desk = makeDesk();
  await offer(desk, 1);
  const call = desk.made.get(callSidOf(1));
  if (call === undefined) throw new Error("no call");
  call.next = { type: "connect" };
  assertStringIncludes(await ask(desk, 1, { CallStatus: "ringing" }), "<Stream");
  call.next = { type: "say", sentence: "goodbye" };
  assertStringIncludes(await ask(desk, 1, { CallStatus: "in-progress" }), "Goodbye.");
  assertEquals(call.received.slice(1), ["decideNext in-progress", "decideNext in-progress"]);
});

test("answerFallback: a known call whose TwiML was rejected hears a sentence, not the same TwiML again", async () => {
  const desk = makeDesk({}, person);
  await offer(desk, 1);
  assertStringIncludes(await ask(desk, 1, { ErrorCode: "12100" }), '<Say language="en-US">Apology.</Say><Hangup/>');
  assertEquals(desk.made.get(callSidOf(1))?.received, ["requestStream, prewarm"]);
});

/** What Twilio reports about an unknown call, and the answer. */
const unknown: readonly [Record<string, string>, RegExp][] = [
  // The person could not be dialled, and is not dialled again.
  [{ ErrorCode: "13224", CallStatus: "in-progress" }, /Apology\.<\/Say><Hangup\/>/],
  [{ DialCallStatus: "no-answer", CallStatus: "in-progress" }, /Apology\.<\/Say><Hangup\/>/],
  [{ DialCallStatus: "completed", CallStatus: "in-progress" }, /<Response\/>/],
  [{ CallStatus: "completed" }, /<Response\/>/],
  [{ CallStatus: "canceled" }, /<Response\/>/],
  // For any other report, the caller may still be there.
  [{ ErrorCode: "12100", CallStatus: "ringing" }, /<Stream/],
  [{ ErrorCode: "", ErrorUrl: "", CallStatus: "in-progress" }, /<Stream/],
  [{ ErrorCode: "x".repeat(10_000), CallStatus: "" }, /<Stream/],
];
for (const [form, heard] of unknown) {
  test(`answerFallback: an unknown call, ${JSON.stringify(form).slice(0, 80)}: ${heard}`, async () => {
    assertMatch(await ask(makeDesk({}, person), 1, form), heard);
  });
}

test("answerFallback: a refused call is transferred, or hears a sentence", async () => {
  for (const [settings, heard] of [
    [{}, "Busy."],
    [person, "<Number>+15005550009</Number>"],
  ] as const) {
    const desk = makeDesk({}, { maxCalls: 1, ...settings });
    await offer(desk, 1);
    assertStringIncludes(await ask(desk, 2, {}), heard);
  }
});

test("answerFallback: when we throw as well, the caller hears the apology", async () => {
  const desk = makeDesk({}, { broken: true });
  assertStringIncludes(await ask(desk, 1, {}), "Apology.");
  assertEquals(desk.alerts, ["bug undefined"]);
});
