// The answers to refused calls and after a bug in voice, for each configuration. No network.

import { test } from "bun:test";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Dial, Next } from "../../../src/call/effects.ts";
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

const dialDesk = {
  type: "dial",
  sentence: "transferring",
  dial: { transfer: "desk", targets: ["+15550170001"], isScreened: true, ringMs: 20_000, callerId: "called", isDetached: false },
} as const;
const byForm = (fields: Readonly<Record<string, string>>): AuthenticatedWebhook => ({ ...webhook, form: (name) => fields[name] ?? "" });
const inbound = byForm({ Direction: "inbound", From: "+15550100", To: "+15550199" });
const dialled = async (next: Next, from = inbound, draining = false): Promise<string> =>
  (await answerNext(next, from, "", { config: base, auth: makeDesk().auth, calls: { draining } }).response.text()).replace(
    /^.*<Response>/s,
    "",
  );

test("answerNext: people are dialled with a sentence, a caller id, a question and an action", async () => {
  assertEquals(
    await dialled(dialDesk),
    '<Say language="en-US">Transferring.</Say><Dial action="after" method="POST" callerId="+15550199" timeout="20" answerOnBridge="true">' +
      '<Number url="screen" method="POST">+15550170001</Number></Dial></Response>',
  );
});

test("answerNext: a detached dial, and one of a draining process, ask no one and report nothing", async () => {
  const plain = '<Dial callerId="+15550199" timeout="20" answerOnBridge="true"><Number>+15550170001</Number></Dial></Response>';
  const silent = { ...dialDesk, sentence: undefined };
  assertEquals(await dialled(silent, inbound, true), plain);
  assertEquals(await dialled({ ...silent, dial: { ...dialDesk.dial, isDetached: true } }), plain);
});

const callerIds: readonly (readonly [Dial["callerId"], Readonly<Record<string, string>>, string | undefined])[] = [
  ["caller", { Direction: "inbound", To: "+15550199" }, undefined],
  [{ number: "+15550001111" }, { Direction: "inbound", To: "+15550199" }, "+15550001111"],
  ["called", { Direction: "inbound", From: "+15550100", To: "+15550199" }, "+15550199"],
  // Of a call that we placed, our number is the one that calls.
  ["called", { Direction: "outbound-api", From: "+15550199", To: "+15550100" }, "+15550199"],
  // Twilio refuses other addresses.
  ["called", { Direction: "inbound", To: "sip:line@h" }, undefined],
  ["called", { Direction: "inbound", To: "" }, undefined],
];
for (const [callerId, fields, shown] of callerIds) {
  test(`answerNext: caller id ${JSON.stringify(callerId)} of ${JSON.stringify(fields)}`, async () => {
    const twiml = await dialled({ ...dialDesk, dial: { ...dialDesk.dial, callerId } }, byForm(fields));
    assertEquals(/callerId="([^"]*)"/.exec(twiml)?.[1], shown);
  });
}

test("answerNext: words of the agent's take the place of the configured sentence", async () => {
  assertStringIncludes(await dialled({ type: "say", sentence: "goodbye", words: "No one is free." }), ">No one is free.</Say><Hangup/>");
});

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
