// Tests of src/protocol/sid.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { isSid } from "../../src/protocol/sid.ts";

const digits = "0123456789abcdef".repeat(2);
for (const [text, is] of [
  [`CA${digits}`, true],
  [`CA${digits.toUpperCase()}`, true],
  [`AC${digits}`, false],
  [`ca${digits}`, false],
  [`CA${digits}a`, false],
  [`CA${digits.slice(1)}`, false],
  [`CA${digits.slice(1)}g`, false],
  [`CA${digits}\n`, false],
  [`xCA${digits}`, false],
  ["CA", false],
  ["", false],
] as const) {
  test(`isSid: ${JSON.stringify(text)}: ${is}`, () => assertEquals(isSid("CA", text), is));
}
