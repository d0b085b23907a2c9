// Whole transfers: tests/call/scripts/transfer-*.call.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { RECORDED_MAX } from "../../../src/call/machines/transfer.ts";
import { noteOutcome, startTransfer } from "../../../src/call/rules/transfer.ts";
import type { Step } from "../../../src/call/state.ts";
import { greeted, playedSteps } from "../call-script.ts";

function afterGreeting(): Step {
  const call = playedSteps(["settings transfers=desk,cold", ...greeted].join("\n")).at(-1)?.after;
  if (call === undefined) throw new Error("no call");
  return { call, effects: [] };
}

const types = ({ effects }: Step): readonly string[] => effects.map((effect) => (effect.type === "log" ? effect.event : effect.type));

test("startTransfer: the stream is closed at once, and whom Twilio dials is configured", () => {
  const step = startTransfer(afterGreeting(), 300, "desk", "Ann\u0000 calls.");
  assertEquals(types(step), ["model.close", "transfer.started", "caller.close"]);
  assertEquals([step.call.phase, step.call.transfer?.about, step.call.transfer?.plan.to], ["away", "Ann calls.", ["+15550170001"]]);
});

test("startTransfer: a name that the agent does not have changes nothing", () => {
  const before = afterGreeting();
  for (const name of ["", "+15550199999", "team", "__proto__", "transfer:desk"]) assertEquals(startTransfer(before, 300, name), before);
});

test("startTransfer: a second one while the first is under way changes nothing", () => {
  const first = startTransfer(afterGreeting(), 300, "desk");
  assertEquals(startTransfer(first, 310, "cold"), first);
});

test("noteOutcome: the record lists a bounded number of transfers", () => {
  let step = afterGreeting();
  for (let i = 0; i < RECORDED_MAX + 3; i++) {
    const { transfer } = startTransfer(afterGreeting(), 300, "desk").call;
    step = noteOutcome({ ...step, call: { ...step.call, transfer } }, i < 3 ? "busy" : "noAnswer");
  }
  assertEquals(step.call.transfers.length, RECORDED_MAX);
  assertEquals(new Set(step.call.transfers.map(({ outcome }) => outcome)), new Set(["noAnswer"]));
});
