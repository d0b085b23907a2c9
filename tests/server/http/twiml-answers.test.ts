// The answers to refused calls and after a bug in voice, for each configuration. No network.

import { test } from "bun:test";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Config } from "../../../src/config/config.ts";
import type { AuthenticatedWebhook } from "../../../src/server/auth/authenticate-webhook.ts";
import { answerAfterThrow, answerNext, answerRefusedCall } from "../../../src/server/http/twiml-answers.ts";
import { callSidOf, makeDesk, sentences } from "../fakes.ts";

const base = { publicUrl: undefined, sentences, language: "en-US", transferTo: undefined, busy: "say" } as const;
const person = { transferTo: "+15005550009" };
const webhook: AuthenticatedWebhook = {
  form: () => "",
  callSid: callSidOf(1),
  baseUrl: "https://h.example",
  streamBaseUrl: "wss://h.example",
};

const calls = { draining: false };

/** The reason, the call's status, the settings, the answer's name, and its TwiML. */
const refused: readonly [Parameters<typeof answerRefusedCall>[0], string, Partial<Pick<Config, "transferTo" | "busy">>, string, string][] =
  [
    ["full", "ringing", {}, "say", '<Say language="en-US">Busy.</Say><Hangup/>'],
    ["outOfMemory", "ringing", {}, "say", '<Say language="en-US">Busy.</Say><Hangup/>'],
    ["overBudget", "ringing", {}, "say", '<Say language="en-US">Busy.</Say><Hangup/>'],
    ["draining", "ringing", {}, "say", '<Say language="en-US">Draining.</Say><Hangup/>'],
    ["ended", "ringing", {}, "say", '<Say language="en-US">Apology.</Say><Hangup/>'],
    ["full", "ringing", { busy: "reject" }, "reject", '<Response><Reject reason="busy"/></Response>'],
    ["draining", "ringing", { busy: "reject" }, "reject", '<Response><Reject reason="busy"/></Response>'],
    // A call that was answered, or that we placed, cannot be rejected.
    ["full", "in-progress", { busy: "reject" }, "say", '<Say language="en-US">Busy.</Say><Hangup/>'],
    ["full", "ringing", { ...person, busy: "reject" }, "transfer", '<Say language="en-US">Transferring.</Say><Dial'],
    ["draining", "in-progress", person, "transfer", "<Number>+15005550009</Number></Dial></Response>"],
    // A replayed webhook must not make a telephone ring.
    ["ended", "ringing", { ...person, busy: "reject" }, "say", '<Say language="en-US">Apology.</Say><Hangup/>'],
  ];
for (const [reason, callStatus, settings, name, twiml] of refused) {
  test(`answerRefusedCall: ${reason}, ${callStatus}, ${JSON.stringify(settings)}: ${name}`, async () => {
    const answer = answerRefusedCall(reason, callStatus, webhook, { config: { ...base, ...settings }, auth: makeDesk().auth, calls });
    assertEquals(answer.name, name as typeof answer.name);
    assertStringIncludes(await answer.response.text(), twiml);
  });
}

test("answerAfterThrow: an apology, or a transfer of a new call where one is configured", async () => {
  const heard = (path: string, settings: object) => answerAfterThrow(path, { ...base, ...settings }, calls).text();
  assertMatch(await heard("/twilio/voice", {}), /<Say language="en-US">Apology\.<\/Say><Hangup\/>/);
  assertMatch(await heard("/twilio/voice", person), /Transferring.*<Dial action="after"/);
  // A transfer must not lead to another transfer, in a loop.
  for (const path of ["/twilio/after", "/twilio/fallback", ""]) assertMatch(await heard(path, person), /Apology\./);
});

test("answerNext, answerRefusedCall, answerAfterThrow: while draining a transfer names no action, so nothing depends on this process", async () => {
  for (const draining of [false, true]) {
    const deps = { config: { ...base, ...person }, auth: makeDesk().auth, calls: { draining } };
    const answers = [
      answerNext({ type: "transfer", sentence: "transferring" }, webhook, "", deps).response,
      answerRefusedCall("draining", "ringing", webhook, deps).response,
      answerAfterThrow("/twilio/voice", deps.config, deps.calls),
    ];
    for (const answer of answers) {
      const twiml = await answer.text();
      assertMatch(twiml, /<Dial[^>]*><Number>\+15005550009<\/Number><\/Dial><\/Response>$/);
      assertEquals(twiml.includes("action="), !draining);
    }
  }
});
