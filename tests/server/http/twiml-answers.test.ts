// What is answered to a call that is not taken, and when we threw: a table of settings, and what the caller hears. No network.

import { test } from "bun:test";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Config } from "../../../src/config/config.ts";
import type { Admitted } from "../../../src/server/auth/authenticate-webhook.ts";
import { answerNext, answerRefused, apologise } from "../../../src/server/http/twiml-answers.ts";
import { callSidOf, makeDesk, sentences } from "../fakes.ts";

const base = { publicUrl: undefined, sentences, language: "en-US", transferTo: undefined, busy: "say" } as const;
const person = { transferTo: "+15005550009" };
const admitted: Admitted = {
  form: () => "",
  callSid: callSidOf(1),
  verdict: { type: "in", baseUrl: "https://h.example", streamBaseUrl: "wss://h.example", insteadOfPublicUrl: false },
};

const calls = { draining: false };

/** Why, the call's status, the settings; what is answered, and its name. */
const refused: readonly [Parameters<typeof answerRefused>[0], string, Partial<Pick<Config, "transferTo" | "busy">>, string, string][] = [
  ["full", "ringing", {}, "say", '<Say language="en-US">Busy.</Say><Hangup/>'],
  ["outOfMemory", "ringing", {}, "say", '<Say language="en-US">Busy.</Say><Hangup/>'],
  ["draining", "ringing", {}, "say", '<Say language="en-US">Draining.</Say><Hangup/>'],
  ["ended", "ringing", {}, "say", '<Say language="en-US">Apology.</Say><Hangup/>'],
  ["full", "ringing", { busy: "reject" }, "reject", '<Response><Reject reason="busy"/></Response>'],
  ["draining", "ringing", { busy: "reject" }, "reject", '<Response><Reject reason="busy"/></Response>'],
  // A call that was answered already, or that we placed, cannot be rejected.
  ["full", "in-progress", { busy: "reject" }, "say", '<Say language="en-US">Busy.</Say><Hangup/>'],
  ["full", "ringing", { ...person, busy: "reject" }, "transfer", '<Say language="en-US">Transferring.</Say><Dial'],
  ["draining", "in-progress", person, "transfer", "<Number>+15005550009</Number></Dial></Response>"],
  // A webhook that is sent anew rings no telephone.
  ["ended", "ringing", { ...person, busy: "reject" }, "say", '<Say language="en-US">Apology.</Say><Hangup/>'],
];
for (const [why, callStatus, settings, name, twiml] of refused) {
  test(`answerRefused: ${why}, ${callStatus}, ${JSON.stringify(settings)}: ${name}`, async () => {
    const spoken = answerRefused(why, callStatus, admitted, { config: { ...base, ...settings }, door: makeDesk().door, calls });
    assertEquals(spoken.name, name as typeof spoken.name);
    assertStringIncludes(await spoken.response.text(), twiml);
  });
}

test("apologise: words, and for a call that was not taken yet a person where there is one", async () => {
  const heard = (path: string, settings: object) => apologise(path, { ...base, ...settings }, calls).text();
  assertMatch(await heard("/twilio/voice", {}), /<Say language="en-US">Apology\.<\/Say><Hangup\/>/);
  assertMatch(await heard("/twilio/voice", person), /Transferring.*<Dial action="\/twilio\/after"/);
  const publicUrl = "https://voice.example/phone";
  assertMatch(await heard("/twilio/voice", { ...person, publicUrl }), /<Dial action="https:\/\/voice\.example\/phone\/twilio\/after"/);
  // What comes after a transfer must not be the next one, over and over.
  for (const path of ["/twilio/after", "/twilio/fallback", ""]) assertMatch(await heard(path, person), /Apology\./);
});

test("answerNext, answerRefused, apologise: a process that is being stopped hands over for good: nobody needs it when the person has hung up", async () => {
  for (const draining of [false, true]) {
    const deps = { config: { ...base, ...person }, door: makeDesk().door, calls: { draining } };
    const answers = [
      answerNext({ type: "transfer", sentence: "transferring" }, admitted, "", deps).response,
      answerRefused("draining", "ringing", admitted, deps).response,
      apologise("/twilio/voice", deps.config, deps.calls),
    ];
    for (const answer of answers) {
      const twiml = await answer.text();
      assertMatch(twiml, /<Dial[^>]*><Number>\+15005550009<\/Number><\/Dial><\/Response>$/);
      assertEquals(twiml.includes("action="), !draining);
    }
  }
});
