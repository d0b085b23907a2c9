// What config.test.ts does not cover: spelling, and arbitrary text.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import * as value from "../../src/config/values.ts";
import { checkProperty } from "../support/properties.ts";

test("nearest: the choice with the most similar spelling", () => {
  const choices = ["VOICE_DRAIN_MS", "VOICE_NAME", "VOICE_RECORDS"];
  const table = [
    ["VOICE_DRIAN_MS", "VOICE_DRAIN_MS"],
    ["VOICE_NMAE", "VOICE_NAME"],
    ["VOICE_RECORD", "VOICE_RECORDS"],
    ["VOICE_DRAIN", "VOICE_DRAIN_MS"],
  ] as const;
  for (const [text, nearest] of table) assertEquals(value.nearest(text, choices), nearest);
  assertEquals(value.nearest("x", []), "");
});

test("readers: any text gives a value or an InvalidValue, and none throws", () => {
  const readers: readonly value.Reader<unknown>[] = [
    value.text(5),
    value.wholeNumber(0, 9, "1"),
    value.oneOf("a", "b"),
    value.yesOrNo,
    value.address,
    value.authToken,
    value.apiKey,
    value.modelName,
    value.voiceName,
    value.languageTag,
    value.publicUrl,
    value.realtimeUrl,
    value.accountSid,
    value.phoneNumber,
    value.transferTarget,
    value.alertUrl,
  ];
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.webUrl({ withQueryParameters: true, withFragments: true }));
  checkProperty(
    fc.property(texts, fc.constantFrom(...readers), (text, read) => {
      const result = read(text);
      if (typeof result === "object") assertEquals(Object.keys(result ?? {}), ["expected", "hint"]);
    }),
  );
});

test("publicUrl: is idempotent", () => {
  checkProperty(
    fc.property(fc.webUrl({ validSchemes: ["https"] }), (text) => {
      const once = value.publicUrl(text);
      if (typeof once === "string") assertEquals(value.publicUrl(once), once);
    }),
  );
});
