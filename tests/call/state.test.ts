// The functions that change a step leave the step they were given as it was.

import { test } from "bun:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { count, enterPhase, newCall, order, type Step } from "../../src/call/state.ts";
import { scriptIdentity, scriptSettings } from "./call-script.ts";

const before: Step = { call: newCall(scriptIdentity, scriptSettings, 5), effects: [{ type: "model.cancel" }] };

test("newCall: expected, without deadlines until the webhook has been answered", () => {
  assertEquals([before.call.phase, before.call.deadlines, before.call.createdAtMs], ["expected", {}, 5]);
});

test("enterPhase, order, count: the earlier step stays as it was", () => {
  const after = count(order(enterPhase(before, "talking"), { type: "caller.flush" }), "paddedMs", 20);
  assertEquals([after.call.phase, after.call.tally.paddedMs], ["talking", 20]);
  assertEquals(after.effects, [{ type: "model.cancel" }, { type: "caller.flush" }]);
  assertEquals([before.call.phase, before.call.tally.paddedMs, before.effects.length], ["expected", 0, 1]);
  assertEquals(count(after, "paddedMs").call.tally.paddedMs, 21);
});

test("order: nothing to order changes nothing", () => assertStrictEquals(order(before), before));
