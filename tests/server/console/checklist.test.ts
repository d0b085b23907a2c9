// What a line still needs.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { checklist } from "../../../src/server/console/checklist.ts";
import { agentsWith } from "../fakes.ts";

const names = (facts: Parameters<typeof checklist>[0]) => checklist(facts).flatMap(({ name, isDone }) => (isDone ? [name] : []));
const unset = { twilioAuthToken: undefined, publicUrl: undefined, stateFolder: undefined };
const lastCall = { from: "+1415", endBy: "caller", endCause: "hangup", createdMs: 1 };

test("checklist: nothing is set, and each item says what to do", () => {
  const facts = { config: unset, agents: { book: agentsWith({ type: "builtIn" }) }, lastCall: undefined };
  assertEquals(names(facts), []);
  for (const { detail } of checklist(facts)) assertEquals(detail.length > 20, true);
});

test("checklist: everything is set; a call of the console itself is not a call from the network", () => {
  const model = { type: "openai", apiKey: "k", model: "m", realtimeUrl: "wss://x" } as const;
  const book = { ...agentsWith(model), file: "voice.toml" };
  const config = { ...unset, twilioAuthToken: "t", publicUrl: "https://voice.example" };
  assertEquals(names({ config, agents: { book }, lastCall }), [
    "A model",
    "Twilio's Auth Token",
    "A public address",
    "Who answers",
    "A first call",
  ]);
  assertEquals(names({ config, agents: { book, problem: "line 3 is wrong" }, lastCall: { ...lastCall, from: "client:console" } }), [
    "A model",
    "Twilio's Auth Token",
    "A public address",
  ]);
});
