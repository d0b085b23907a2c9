// Tests of src/protocol/bytes.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { concatBytes, joinBytes, latin1Text, utf8Text } from "../../src/protocol/bytes.ts";

test("concatBytes: joins none, one or several into a new array", () => {
  const one = Uint8Array.of(1);
  assertEquals(
    [concatBytes(), concatBytes(one), concatBytes(one, Uint8Array.of(), Uint8Array.of(2, 3))],
    [Uint8Array.of(), one, Uint8Array.of(1, 2, 3)],
  );
  concatBytes(one)[0] = 9;
  assertEquals(one[0], 1);
});

test("latin1Text: every byte is the character of its number, also from 0x80 to 0x9f", () => {
  const text = latin1Text(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  assertEquals(
    [...text].map((character) => character.charCodeAt(0)),
    Array.from({ length: 256 }, (_, byte) => byte),
  );
});

test("utf8Text: undefined for bytes that are not UTF-8; a byte order mark stays", () => {
  assertEquals(utf8Text(Uint8Array.of(0xef, 0xbb, 0xbf, 0xc3, 0xa9)), "\ufeffé");
  for (const bytes of [[0xc3], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]])
    assertEquals(utf8Text(Uint8Array.from(bytes)), undefined);
});

test("joinBytes: joins the pieces in order", () => {
  assertEquals(joinBytes([Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)]), Uint8Array.of(1, 2, 3));
  assertEquals(joinBytes([]), Uint8Array.of());
});
