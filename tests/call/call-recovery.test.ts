// What a caller hears when the model breaks: replies, fillers or an apology, never a long silence.

import { test } from "bun:test";
import { assert } from "@std/assert";
import fc from "fast-check";
import { checkProperty } from "../support/properties.ts";
import { type Answer, type Dial, RecoveryConversation } from "./recovery-conversation.ts";

const dial: fc.Arbitrary<Dial> = fc.record({ connectMs: fc.integer({ min: 20, max: 3_000 }), fails: fc.constantFrom(false, false, true) });
const answer: fc.Arbitrary<Answer> = fc.record({
  latencyMs: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 50, max: 2_000 }) }, { weight: 1, arbitrary: fc.constant(30_000) }),
  pieces: fc.integer({ min: 1, max: 8 }),
  fault: fc.constantFrom("none", "none", "none", "lost", "stall", "failed"),
  at: fc.nat(8),
});
const losses = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 3 });

/** The longest deadline that may pass in silence: a reply, or the rest of one, and up to one filler interval. */
const SILENT_MAX_MS = 6_000;

test("step: whatever the model does, a caller who waits hears a reply, a filler or the end within 6 s, from the right connection", () => {
  const seen = { words: 0, filler: 0, end: 0, rolledOver: 0 };
  const property = fc.property(fc.array(dial), fc.array(answer), losses, fc.nat(6), (dials, answers, lossesMs, questions) => {
    const conversation = new RecoveryConversation(dials, answers, lossesMs, questions);
    conversation.run();
    for (const { what, silentMs } of conversation.heard) {
      seen[what]++;
      assert(silentMs <= SILENT_MAX_MS, `${silentMs} ms of silence before ${what}`);
    }
    seen.rolledOver += conversation.rolledOver;
  });
  checkProperty(property, { numRuns: 800 });
  for (const [what, times] of Object.entries(seen)) assert(times > 50, `only ${times} times ${what}: nothing was tested`);
});
