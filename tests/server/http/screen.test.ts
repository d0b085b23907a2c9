// What people hear whom Twilio has dialled for a transfer. No network.

import { test } from "bun:test";
import { assertEquals, assertMatch } from "@std/assert";
import { callSidOf, makeDesk, voiceForm } from "../fakes.ts";

const PERSON = callSidOf(90);
const form = (more: Record<string, string> = {}): Record<string, string> => ({
  ...voiceForm(90, { CallStatus: "in-progress", Direction: "outbound-dial", To: "+15550170001", ParentCallSid: callSidOf(1) }),
  ...more,
});
const HANG_UP = /<Response><Hangup\/><\/Response>$/;

async function deskWithCall() {
  const desk = makeDesk();
  await desk.post("/twilio/voice", voiceForm(1));
  const call = desk.made.get(callSidOf(1));
  if (call === undefined) throw new Error("no call");
  const post = async (more: Record<string, string> = {}): Promise<string> => (await desk.post("/twilio/screen", form(more))).text();
  return { desk, call, post };
}

test("answerScreen: asks, connects and hangs up, as the caller's call decides", async () => {
  const { desk, call, post } = await deskWithCall();
  call.screen = { type: "ask", words: "Ann calls.", ask: "Press 1." };
  assertMatch(await post(), /<Gather .*action="screen".*Ann calls\. Press 1\..*<\/Gather><Hangup\/>/);
  call.screen = { type: "connect" };
  assertMatch(await post({ Digits: "1" }), /<Response\/>$/);
  call.screen = { type: "hangUp" };
  assertMatch(await post({ Digits: "2" }), HANG_UP);
  const asked = `decideScreen ${PERSON} +15550170001`;
  assertEquals(call.received.slice(1), [asked, `${asked} digits 1`, `${asked} digits 2`]);
  assertEquals(
    desk.lines.filter(({ event }) => event === "screen.answered").map(({ fields }) => [fields["callSid"], fields["leg"], fields["answer"]]),
    ["ask", "connect", "hangUp"].map((answer) => [callSidOf(1), PERSON, answer]),
  );
});

test("answerScreen: a call that has ended and one that never was have the same answer", async () => {
  const { call, post } = await deskWithCall();
  call.screen = { type: "ask", words: "Ann calls.", ask: "Press 1." };
  call.finish();
  assertMatch(await post(), HANG_UP);
  assertMatch(await post({ ParentCallSid: callSidOf(77) }), HANG_UP);
});

test("answerScreen: without a parent, with a malformed one, or without a signature nothing is asked", async () => {
  const { desk, call, post } = await deskWithCall();
  const { ParentCallSid: _, ...alone } = form();
  assertEquals((await desk.post("/twilio/screen", alone)).status, 400);
  assertMatch(await post({ ParentCallSid: "CA1" }), /ParentCallSid/);
  const unsigned = await desk.post("/twilio/screen", form(), { headers: { "x-twilio-signature": "" } });
  assertEquals(unsigned.status, 403);
  assertEquals(call.received.slice(1), []);
});
