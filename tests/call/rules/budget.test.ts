// The budget of a call, at its edges. Whole conversations: tests/call/scripts/budget*.call.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkProperty } from "../../support/properties.ts";
import { anyCall, playDrafts } from "../any-event.ts";
import { greeted, greetingRequested, lastEffects } from "../call-script.ts";

const asked = [...greeted, "300 model.speechStarted", "900 model.speechStopped", "950 model.responseStarted responseId=r2"];
const heard = [...asked, "960 model.audio responseId=r2 itemId=a2 payload=M100"];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  [
    "without a budget costs are only counted",
    ["settings priced=yes", ...heard, "1000 model.responseDone responseId=r2 tokens=1000"],
    ["cost.add $1000"],
  ],
  [
    "the end of a response that is repeated is counted once",
    ["settings priced=yes", ...heard, "1000 model.responseDone responseId=r2 tokens=1", "1010 model.responseDone responseId=r2 tokens=1"],
    [],
  ],
  [
    "of an interrupted response",
    ["settings priced=yes", ...heard, "970 model.speechStarted", "1000 model.responseDone responseId=r2 status=cancelled tokens=3"],
    ["cost.add $3"],
  ],
  [
    "of an older connection nothing counts",
    ["settings priced=yes", ...heard, "1000 model.responseDone responseId=r2 epoch=0 tokens=3"],
    [],
  ],
  [
    "a model that does not say what it uses is logged",
    ["settings budgetUsd=1", ...greetingRequested, "40 model.audio responseId=r1 payload=M100", "50 model.responseDone responseId=r1"],
    ["log warning model.usageMissing"],
  ],
  ["and that only once", ["settings budgetUsd=1", ...heard, "1000 model.responseDone responseId=r2"], []],
  [
    "not one whose price is not known",
    [...greetingRequested, "40 model.audio responseId=r1 payload=M100", "50 model.responseDone responseId=r1"],
    [],
  ],
];
for (const [what, lines, orders] of cases) {
  test(`budget: ${what}`, () => assertEquals([...lastEffects(...lines)].sort(), [...orders].sort()));
}

test("budget: no response is requested once it is spent, and it is passed by at most one response", () => {
  const budgetUsd = 4;
  const property = fc.property(anyCall, (drafts) => {
    for (const { before, event, effects } of playDrafts({ ...drafts, settings: { ...drafts.settings, budgetUsd } })) {
      if (before.costs.usd < budgetUsd || event.type === "budget.spent") continue;
      assert(!effects.some(({ type }) => type === "model.respond"), `${event.type} at $${before.costs.usd}`);
    }
  });
  checkProperty(property, { numRuns: 1_000 });
}, 60_000);
