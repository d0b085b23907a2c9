// The checks of a stream that ends early, on calls in virtual time.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import { START_CHECKS } from "../../../src/doctor/checks/start.ts";
import { beep, evidenceOf, judge, media, outcome, type Script } from "./virtual-stream.ts";

/** The doctor sends no audio for 400 ms. */
const opening = [0, undefined, { type: "mute", ms: 400 }] as const;
const ids = START_CHECKS.map(({ id }) => id);

const cases: readonly (readonly [name: string, script: Script, cause: CauseCode | undefined])[] = [
  ["nothing happens", {}, undefined],
  ["closed on connected", { server: [[10, { close: 1011 }]] }, "stream-closes-on-start"],
  ["closed before any audio", { server: [[300, { close: 1008, reason: "no token" }]] }, "stream-closes-on-start"],
  ["broken before any audio", { server: [[300, { close: 1006 }]] }, "stream-closes-on-start"],
  ["closed on the first audio", { server: [[450, { close: 1011 }]] }, "stream-closes-on-media"],
  ["closed when the model was unavailable", { server: [[1_500, { close: 1011, reason: "OpenAI 401" }]] }, "stream-closes-on-start"],
  ["closed later", { server: [[7_000, { close: 1011 }]] }, "stream-closes-on-media"],
  ["broken later", { server: [[7_000, { close: 1006 }]] }, "stream-dropped"],
  ["closed with 1000, nothing said", { server: [[5_000, { close: 1000 }]] }, "stream-closes-on-media"],
  [
    "hung up after a sentence",
    {
      server: [
        [500, media(beep(500, 2_000))],
        [5_000, { close: 1000 }],
      ],
    },
    undefined,
  ],
  [
    "closed on a key",
    { caller: [[5_000, "pressed", { type: "press", digit: "5" }]], server: [[5_050, { close: 1011 }]] },
    "stream-closes-on-dtmf",
  ],
  [
    "closed on a field",
    { caller: [[5_000, "sent.unknown-field", { type: "sendText", text: "{}" }]], server: [[5_050, { close: 1011 }]] },
    "stream-closes-on-unknown-message",
  ],
];

for (const [name, script, cause] of cases) {
  test(`START_CHECKS: ${name}: ${cause ?? "passed"}`, () => {
    const caller = [opening, ...(script.caller ?? [])];
    const causes = ids.map((id) => judge(id, { ...script, caller })).filter(({ ok }) => ok === false);
    assertEquals(
      causes.map((finding) => finding.cause),
      cause === undefined ? [] : [cause],
    );
  });
}

test("START_CHECKS: reports the close's time and reason, and what they suggest", () => {
  const finding = judge("start.stays-open", { server: [[300, { close: 1011, reason: "OPENAI_API_KEY is not set" }]] });
  assertStringIncludes(finding.actual, "0.30 s after start");
  assertStringIncludes(finding.actual, 'close 1011 "OPENAI_API_KEY is not set"');
  assertStringIncludes(finding.evidence?.join() ?? "", "API key");
  assertEquals(finding.twilioCode, 31921);
});

test("START_CHECKS: untested without a call", () => {
  for (const check of START_CHECKS) assertEquals(outcome(check.judge(evidenceOf())), [undefined, undefined]);
});
