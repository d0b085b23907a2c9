// Digits that the caller types, at their edges. Whole conversations: tests/call/scripts/digits*.call.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { COLLECT_MAX_MS } from "../../../src/call/rules/collect-digits.ts";
import { checkProperty } from "../../support/properties.ts";
import { anyCall, pin, playDrafts } from "../any-event.ts";
import { greeted, lastEffects } from "../call-script.ts";

const kinds = "settings digits=account:8:1:#:5000,pin:4:4:#:5000:masked";
const asked = [...greeted, "300 model.speechStarted", "900 model.speechStopped", "950 model.responseStarted responseId=r2"];
const collect = (args: string): string => `1000 model.responseDone responseId=r2 calls=c1:collect_digits args=${args}`;
const result = (text: string): readonly string[] => [`model.addToolResult 1 c1 "${text}"`, "model.respond voice_respond_2"];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["is an ordinary tool where it is not allowed", [...asked, collect("{}")], ["tool.run c1 collect_digits"]],
  ["of several kinds, one must be named", [kinds, ...asked, collect("{}")], result("Not done: what must be one of account, pin.")],
  ["a kind that does not exist", [kinds, ...asked, collect("{'what':'iban'}")], result("Not done: what must be one of account, pin.")],
  ["arguments that are cut", [kinds, ...asked, collect("{'what':")], result("Not done: the arguments are not JSON.")],
  [
    "a number of digits that is none",
    [kinds, ...asked, collect("{'what':'pin','max_digits':0}")],
    result("Not done: max_digits must be a whole number from 1."),
  ],
  ["the caller hears no filler while they type", [kinds, ...asked, collect("{'what':'pin'}"), "5900 clock.rang"], []],
  [
    "the model may ask for fewer digits",
    [kinds, ...asked, collect("{'what':'account','max_digits':2}"), "1100 caller.keyPressed digit=4", "1200 caller.keyPressed digit=2"],
    result("The caller typed 42."),
  ],
  [
    "never for more than the kind has",
    [
      kinds,
      ...asked,
      collect("{'what':'pin','max_digits':9}"),
      ..."1234".split("").map((key, index) => `${1100 + index} caller.keyPressed digit=${key}`),
    ],
    result("The caller typed 4 digits. You cannot see them: functions that need pin have them."),
  ],
  [
    "speech of the caller without a digit",
    [kinds, ...asked, collect("{'what':'pin'}"), "2000 model.speechStarted"],
    ['model.addToolResult 1 c1 "The caller typed nothing. Then the caller spoke."'],
  ],
];
for (const [what, lines, orders] of cases) test(`collect_digits: ${what}`, () => assertEquals(lastEffects(...lines), orders));

test("collect_digits: it is over at the bound, however slowly the caller types", () => {
  const keys = Array.from({ length: 60 }, (_, index) => `${2_000 + index * 4_000} caller.keyPressed digit=1`);
  const slow = keys.filter((line) => Number(line.split(" ")[0]) < 1_000 + COLLECT_MAX_MS);
  const effects = lastEffects("settings digits=code:64:1:#:5000", ...asked, collect("{}"), ...slow, `${1_000 + COLLECT_MAX_MS} clock.rang`);
  assertEquals(effects, result("The tool did not answer in time."));
});

test("collect_digits: whatever comes, what is masked is in no effect but the run of a function", () => {
  let typed = 0;
  const property = fc.property(anyCall, fc.array(fc.constantFrom("B", "C", "D"), { minLength: 1, maxLength: 6 }), (call, keys) => {
    const settings = { ...call.settings, digits: [{ ...pin, max: 4 }] };
    const said = { type: "model.responseDone", responseId: "r9", status: "completed", reason: undefined, error: undefined } as const;
    const functionCall = { callId: "c9", name: "collect_digits", arguments: "{}" };
    const drafts = [
      ...call.drafts,
      { waitMs: 0, stale: false, fields: { type: "model.responseStarted", responseId: "r9" } },
      { waitMs: 0, stale: false, fields: { ...said, usage: undefined, hasCalls: true, calls: [functionCall] } },
      // Later than any message so far.
      ...keys.map((digit, at) => ({
        waitMs: 100,
        stale: false,
        fields: { type: "caller.keyPressed", sequence: 2 ** 60 * (at + 2), digit },
      })),
      { waitMs: 0, stale: false, fields: { type: "caller.stopped" } },
    ] as typeof call.drafts;
    for (const { before, event, effects } of playDrafts({ ...call, settings, drafts })) {
      const isKey = event.type === "caller.keyPressed" && (keys as readonly string[]).includes(event.digit);
      if (isKey && before.collecting?.state === "open") typed += 1;
      if (!isKey || before.collecting === undefined) continue;
      for (const effect of effects) {
        if (effect.type === "tool.run" || effect.type === "caller.play") continue;
        assert(!/(?:pressed|typed) [BCD]|"[BCD]+"/.test(JSON.stringify(effect)), JSON.stringify(effect));
      }
    }
  });
  checkProperty(property, { numRuns: 500 });
  assert(typed > 100, `only ${typed} keys were digits`);
}, 60_000);
