// Keys that the model presses, at their edges. Whole conversations: tests/call/scripts/send-digits*.call.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { SENT_DIGITS_MAX } from "../../../src/call/rules/send-digits.ts";
import { greeted, lastEffects } from "../call-script.ts";

const asked = [...greeted, "300 model.speechStarted", "900 model.speechStopped", "950 model.responseStarted responseId=r2"];
const send = (args: string): string => `1000 model.responseDone responseId=r2 calls=c1:send_digits args=${args}`;
const refused = [
  `model.addToolResult 1 c1 "Not sent: digits must be 1 to ${SENT_DIGITS_MAX} of 0-9, *, #, A-D and w."`,
  "model.respond voice_respond_2",
];

const bad = [
  "{}",
  "{'digits':''}",
  "{'digits':12}",
  "{'digits':'1_2'}",
  "{'digits':'E'}",
  "{'digits':",
  `{'digits':'${"1".repeat(SENT_DIGITS_MAX + 1)}'}`,
];
for (const args of bad) {
  test(`send_digits: ${args} is refused`, () => assertEquals(lastEffects("settings canSendDigits=yes", ...asked, send(args)), refused));
}

test("send_digits: an ordinary tool where it is not allowed", () => {
  assertEquals(lastEffects(...asked, send("{'digits':'1'}")), ["tool.run c1 send_digits"]);
});

test("send_digits: a second one at once is refused, and the first is sent", () => {
  const two = "1000 model.responseDone responseId=r2 calls=c1:send_digits,c2:send_digits args={'digits':'1'}";
  const effects = lastEffects("settings canSendDigits=yes", ...asked, two);
  assertEquals(effects.at(-1), 'model.addToolResult 1 c2 "Not sent: other digits are being sent."');
  assertEquals(effects.filter((effect) => effect.startsWith("caller.play")).length, 2);
});

test("send_digits: a key of the caller's cuts the tones; the model is truncated by nothing", () => {
  const effects = lastEffects("settings canSendDigits=yes", ...asked, send("{'digits':'1'}"), "1100 caller.keyPressed digit=5");
  assertEquals(
    effects.filter((effect) => effect.startsWith("model.truncate")),
    [],
  );
  assertEquals(
    effects.includes('model.addToolResult 1 c1 "Not sent to the end: the caller pressed a key, or the line was interrupted."'),
    true,
  );
});

test("send_digits: marks that do not come back end it at its bound", () => {
  const effects = lastEffects("settings canSendDigits=yes", ...asked, send("{'digits':'1'}"), "61000 clock.rang");
  assertEquals(effects.includes('model.addToolResult 1 c1 "The tool did not answer in time."'), true);
});
