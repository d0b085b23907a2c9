// Results of functions, at their edges. Whole conversations: tests/call/scripts/tool*.call.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, lastEffects } from "../call-script.ts";

const asked = [...greeted, "300 model.speechStarted", "900 model.speechStopped", "950 model.responseStarted responseId=r2"];
const running = [...asked, "1000 model.responseDone responseId=r2 calls=c1:look_up,c2:look_up"];

const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  ["an unknown result changes nothing", [...asked, "1000 tool.returned callId=c9 output=x"], []],
  ["a result after the end changes nothing", [...running, "1100 caller.stopped", "1200 tool.returned callId=c1 output=x"], []],
  [
    "the first of two is delivered, and no answer is requested yet",
    [...running, "1100 tool.returned callId=c2 output=x"],
    ['model.addToolResult 1 c2 "x"'],
  ],
  [
    "the last one requests the answer",
    [...running, "1100 tool.returned callId=c2 output=x", "1200 tool.returned callId=c1 output=y"],
    ['model.addToolResult 1 c1 "y"', "model.respond voice_respond_2"],
  ],
  [
    "after the end of the call's time only the goodbye follows",
    ["settings maxMs=1050", ...running, "1050 clock.rang", "1100 tool.returned callId=c2 output=x"],
    ['model.addToolResult 1 c2 "x"'],
  ],
];
for (const [what, lines, orders] of cases) test(`onToolReturned: ${what}`, () => assertEquals(lastEffects(...lines), orders));
