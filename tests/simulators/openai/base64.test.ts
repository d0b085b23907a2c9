// Base64 both ways, against RFC 4648's own vectors.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { decodeBase64, encodeBase64 } from "../../../src/simulators/openai/base64.ts";

/** RFC 4648, 10. */
const vectors = [
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
] as const;
for (const [text, base64] of vectors) {
  test(`base64: "${text}" is "${base64}"`, () => {
    const bytes = new TextEncoder().encode(text);
    assertEquals(encodeBase64(bytes), base64);
    assertEquals(decodeBase64(base64), bytes);
  });
}

for (const text of ["?", "A", "AA=A", "Zm9-"]) {
  test(`decodeBase64: "${text}" is none`, () => assertEquals(decodeBase64(text), undefined));
}
