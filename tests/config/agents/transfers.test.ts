// Transfers of voice.toml. Mistakes: mistakes/transfer-*.txt.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { transfer, transferName, transferPlans } from "../../../src/config/agents/transfers.ts";

const planOf = (entry: object) => transferPlans({ desk: transfer.parse(entry) })[0];

test("transferPlans: a transfer with nothing but its target", () => {
  assertEquals(planOf({ to: ["+15551234567"] }), {
    name: "desk",
    to: ["+15551234567"],
    description: undefined,
    isScreened: true,
    ringMs: 20_000,
    order: "one_by_one",
    callerId: "caller",
    nobody: { type: "agent", instructions: undefined },
    intro: "A caller is being transferred to you.",
    ask: "To take the call, press 1.",
  });
});

test("transferPlans: a transfer with everything", () => {
  const to = ["+15551234567", "sip:desk@pbx.example.com"];
  const cold = planOf({
    to,
    mode: "cold",
    ring_s: 30,
    order: "all",
    caller_id: "+15550001111",
    nobody: { say: "Sorry." },
    description: "d",
  });
  assertEquals([cold?.to, cold?.isScreened, cold?.ringMs, cold?.order, cold?.description], [to, false, 30_000, "all", "d"]);
  assertEquals([cold?.callerId, cold?.nobody], [{ number: "+15550001111" }, { type: "say", words: "Sorry." }]);
  const asked = planOf({ to, caller_id: "called", nobody: { instruct: "Offer a message." }, intro: "i", ask: "a" });
  assertEquals([asked?.callerId, asked?.intro, asked?.ask], ["called", "i", "a"]);
  assertEquals(asked?.nobody, { type: "agent", instructions: "Offer a message." });
  assertEquals(planOf({ to, nobody: "hang_up" })?.nobody, { type: "hangUp" });
});

test("transferName: only of a transfer", () => {
  assertEquals([transferName("transfer:desk"), transferName("desk"), transferName("+15551234567")], ["desk", undefined, undefined]);
});
