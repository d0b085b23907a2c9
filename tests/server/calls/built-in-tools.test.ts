// The functions of voice itself, as the model gets them.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { DigitsKind } from "../../../src/call/call-settings.ts";
import type { FunctionTool } from "../../../src/protocol/realtime/realtime.ts";
import { builtInTools } from "../../../src/server/calls/built-in-tools.ts";
import { agentsWith } from "../fakes.ts";

const [agent] = agentsWith({ type: "builtIn" }).agents;
const account: DigitsKind = { name: "account", max: 8, min: 1, terminator: "#", timeoutMs: 5_000, isMasked: false };
const pin: DigitsKind = { ...account, name: "pin", max: 4, terminator: undefined, isMasked: true };
function collecting(digits: readonly DigitsKind[]): FunctionTool {
  const [tool] = builtInTools({ ...agent, digits });
  if (tool === undefined) throw new Error("BUG: the agent collects digits");
  return tool;
}

test("builtInTools: none unless the agent has them", () => {
  assertEquals(builtInTools(agent), []);
  const all = builtInTools({ ...agent, canHangUp: true, canSendDigits: true, digits: [account] });
  assertEquals(
    all.map(({ name }) => name),
    ["hang_up", "send_digits", "collect_digits"],
  );
});

test("builtInTools: of one kind of digits the model names none, of several it must", () => {
  assertEquals(Object.keys((collecting([account]).parameters as { properties: object }).properties), ["max_digits"]);
  const several = collecting([account, pin]).parameters as { properties: { what: { enum: string[] } }; required: string[] };
  assertEquals([several.properties.what.enum, several.required], [["account", "pin"], ["what"]]);
});

test("builtInTools: the model can say how the caller ends", () => {
  const description = collecting([account, pin]).description;
  assertStringIncludes(description, "account end after 8 digits, or with the pound key; pin end after 4 digits.");
});
