// Which goodbyes a caller can stop.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { EndCause } from "../../../src/call/end-reason.ts";
import { isFinal } from "../../../src/call/machines/goodbye.ts";

const cases: readonly (readonly [EndCause, boolean])[] = [
  ["hungUp", false],
  ["idle", false],
  ["tooLong", true],
  ["overBudget", true],
];
for (const [cause, final] of cases) {
  test(`isFinal: a goodbye because of ${cause}: ${final}`, () => {
    assertEquals(isFinal({ end: { by: "agent", cause }, state: "said", by: undefined, sentBytes: 0 }), final);
  });
}

test("isFinal: not without a goodbye", () => assertEquals(isFinal(undefined), false));
