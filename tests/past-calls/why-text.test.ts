// The verdict on a call.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import type { CallStory, StoredCall } from "../../src/adapters/store/read-calls.ts";
import { type TwilioView, whyOf, whyText } from "../../src/past-calls/why-text.ts";
import { painter } from "../../src/report/terminal.ts";

const call: StoredCall = {
  callSid: "CA1",
  from: "+1",
  to: "+2",
  direction: "inbound",
  agent: "reception",
  model: "m",
  createdMs: 0,
  startedMs: 1_000,
  endedMs: 61_000,
  endBy: "caller",
  endCause: "hangup",
  fallback: "none",
  twilioCode: null,
  longestWaitMs: 0,
  costUsd: null,
  turns: 1,
  inputTokens: 0,
  outputTokens: 0,
};
const story = (more: Partial<StoredCall>, rest: Partial<CallStory> = {}): CallStory => ({
  call: { ...call, ...more },
  turns: [],
  notes: [],
  tools: [],
  deliveries: [],
  counts: undefined,
  ...rest,
});
const turn = { trigger: "speech", atMs: 0, interrupted: false, callerText: null, modelText: null };
const refused = story(
  { endBy: "model", endCause: "modelRefused", fallback: "apology" },
  { notes: [{ atMs: 1, name: "call.givenUp", fields: { detail: "invalid_api_key: Incorrect API key provided" } }] },
);

const cases: readonly (readonly [string, CallStory | undefined, TwilioView | undefined, boolean, RegExp])[] = [
  ["a call that went well", story({}), undefined, true, /^The call ended after 60 s by the caller: hangup\.$/],
  ["a wrong key", refused, undefined, false, /apology\.\n {2}call\.givenUp: invalid_api_key.*\n {2}fix: run voice check/],
  [
    "slow answers",
    story(
      {},
      {
        turns: [
          { ...turn, latencyMs: 3_200 },
          { ...turn, latencyMs: 400 },
        ],
      },
    ),
    undefined,
    true,
    /1 of 2 answers took longer than 2 s, up to 3\.2 s/,
  ],
  ["an error that only Twilio saw", story({}), { status: "completed", errorCodes: ["31920", "31920"] }, false, /Twilio 31920: .*fix: /],
  ["a call that runs", story({ endedMs: null }), undefined, true, /is running/],
  [
    "a call that never reached voice",
    undefined,
    { status: "completed", errorCodes: ["11200"] },
    false,
    /never reached voice\.\n {2}Twilio 11200/,
  ],
  ["a call that no one knows", undefined, { status: undefined, errorCodes: [] }, false, /Neither voice nor Twilio/],
  ["a call that is not stored, without credentials", undefined, undefined, false, /TWILIO_ACCOUNT_SID/],
];

for (const [what, known, twilio, isGood, text] of cases) {
  test(`whyOf: ${what}`, () => {
    const why = whyOf("CA1", known, twilio);
    const shown = whyText(why, painter(false)).join("\n");
    assertEquals(why.isGood, isGood);
    assert(text.test(shown), shown);
  });
}
