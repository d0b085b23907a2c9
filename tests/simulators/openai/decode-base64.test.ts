// decodeBase64 on the vectors of RFC 4648 and on text that is not base64.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { decodeBase64 } from "../../../src/simulators/openai/decode-base64.ts";

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
  test(`decodeBase64: "${base64}" is "${text}"`, () => assertEquals(decodeBase64(base64), new TextEncoder().encode(text)));
}

for (const text of ["?", "A", "AA=A", "Zm9-"]) {
  test(`decodeBase64: "${text}" is not base64`, () => assertEquals(decodeBase64(text), undefined));
}
