// Which model a choice is.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { modelFacts } from "../../../src/server/calls/model-facts.ts";

for (const [realtimeUrl, serverAddress, serverPort] of [
  ["wss://api.openai.com/v1/realtime", "api.openai.com", 443],
  ["ws://127.0.0.1/realtime", "127.0.0.1", 80],
  ["wss://model.example:8443/v1/realtime", "model.example", 8_443],
] as const) {
  test(`modelFacts: ${realtimeUrl} is ${serverAddress}, port ${serverPort}, without the key`, () => {
    const facts = modelFacts({ type: "openai", apiKey: "sk-secret", model: "gpt-a", realtimeUrl });
    assertEquals(facts, { provider: "openai", model: "gpt-a", serverAddress, serverPort });
  });
}

test("modelFacts: the built-in agent is voice's own and has no server", () => {
  assertEquals(modelFacts({ type: "builtIn" }), { provider: "voice", model: undefined, serverAddress: undefined, serverPort: undefined });
});
