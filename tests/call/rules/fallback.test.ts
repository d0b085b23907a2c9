// Fallbacks: for every cause a sentence, a log line and, unless the operator ordered it, an alert.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { EndReason } from "../../../src/call/end-reason.ts";
import { giveUp, recordFallback } from "../../../src/call/rules/fallback.ts";
import { newCall, type Step } from "../../../src/call/state.ts";
import { scriptIdentity, scriptSettings } from "../call-script.ts";

const causes: readonly (readonly [EndReason, sentence: string, level: string])[] = [
  [{ by: "operator", cause: "drained" }, "draining", "info"],
  [{ by: "model", cause: "modelUnreachable" }, "apology", "error"],
  [{ by: "model", cause: "modelRefused" }, "apology", "error"],
  [{ by: "network", cause: "streamLost" }, "apology", "error"],
  [{ by: "server", cause: "bug" }, "apology", "error"],
];
for (const [end, sentence, level] of causes) {
  test(`giveUp: ${end.by} ${end.cause}: ${sentence}`, () => {
    const { call, effects } = giveUp({ call: newCall(scriptIdentity, scriptSettings, 0), effects: [] }, 7, end, "what went wrong");
    assertEquals([call.phase, call.end, call.next], ["leaving", end, { type: "say", sentence } as typeof call.next]);
    assertEquals(call.deadlines, { after: 7 + scriptSettings.afterMs });
    const fields = { callSid: "CA1", ...end, detail: "what went wrong", next: "say" };
    const alert = end.by === "operator" ? [] : [{ type: "alert", cause: end.cause, detail: "what went wrong" }];
    assertEquals<unknown>(effects, [{ type: "log", level, event: "call.givenUp", fields }, ...alert]);
    assertEquals(call.fallback, "apology");
  });
}

test("giveUp: a transfer, when it is configured", () => {
  const before = newCall(scriptIdentity, { ...scriptSettings, canTransfer: true }, 0);
  const { call } = giveUp({ call: before, effects: [] }, 7, { by: "model", cause: "modelSilent" }, "what went wrong");
  assertEquals([call.next, call.fallback], [{ type: "transfer", sentence: "transferring" }, "transferred"] as const);
});

test("recordFallback: the last one in the order counts", () => {
  const start: Step = { call: newCall(scriptIdentity, scriptSettings, 0), effects: [] };
  const fallbacks = (["recovered", "none", "transferred", "recovered", "apology", "transferred"] as const).map(
    (_, index, all) => all.slice(0, index + 1).reduce(recordFallback, start).call.fallback,
  );
  assertEquals(fallbacks, ["recovered", "recovered", "transferred", "transferred", "apology", "apology"]);
});
