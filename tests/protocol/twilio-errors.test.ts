// Every code that can bring Twilio to the fallback has a cause and a fix of its own.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { adviseTwilioError, isDocumentError, isVerbError } from "../../src/protocol/twilio-errors.ts";

for (const [code, word] of [
  ["11200", "webhook.refused"],
  ["11202", "proxy"],
  ["11237", "intermediates"],
  ["12300", "POST /twilio/voice"],
  ["13224", "VOICE_TRANSFER_TO"],
  ["31920", "upgrades"],
] as const) {
  test(`adviseTwilioError: ${code} is mended with ${word}`, () => {
    const { code: told, cause, fix } = adviseTwilioError(code);
    assertEquals(told, code);
    assertStringIncludes(fix, word);
    assert(cause.length > 10);
  });
}

test("adviseTwilioError: one that is not known is looked up, one that is no code is left out", () => {
  assertEquals([adviseTwilioError("11999").code, adviseTwilioError("constructor").code, adviseTwilioError("").code], ["11999", "", ""]);
  assertStringIncludes(adviseTwilioError("11999").fix, "https://www.twilio.com/docs/api/errors");
});

test("isDocumentError, isVerbError: 12xxx is the document, 13xxx a verb, and so the document too", () => {
  assertEquals(["11200", "12100", "13224", "31920", ""].map(isDocumentError), [false, true, true, false, false]);
  assertEquals(["11200", "12100", "13224", "31920", ""].map(isVerbError), [false, false, true, false, false]);
});
