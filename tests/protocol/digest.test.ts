// Tests of src/protocol/digest.ts.

import { test } from "bun:test";
import { assert, assertEquals, assertFalse } from "@std/assert";
import { equalInConstantTime, hmac, sha256 } from "../../src/protocol/digest.ts";

// RFC 2202 section 3, case 2; RFC 4231 section 4.3.
const vectors = [
  ["sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
  ["sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
] as const;
for (const [algorithm, expected] of vectors) {
  test(`hmac: ${algorithm}, of a text and of its parts`, () => {
    assertEquals(hmac(algorithm, "Jefe", "what do ya want for nothing?").toString("hex"), expected);
    assertEquals(hmac(algorithm, "Jefe", "what do ya ", new TextEncoder().encode("want for nothing?")).toString("hex"), expected);
  });
}

test("sha256: FIPS 180-4's example", () =>
  assertEquals(sha256("a", "bc").toString("hex"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));

test("equalInConstantTime: bytes of another length or value differ", () => {
  const bytes = Uint8Array.of(1, 2);
  assert(equalInConstantTime(bytes, Uint8Array.of(1, 2)));
  assertFalse(equalInConstantTime(bytes, Uint8Array.of(1, 3)));
  assertFalse(equalInConstantTime(bytes, Uint8Array.of(1, 2, 0)));
});
