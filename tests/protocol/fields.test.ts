// Tests of src/protocol/fields.ts that go beyond those of the parsers.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Fields, isBase64, parseJson } from "../../src/protocol/fields.ts";
import { checkProperty } from "../support/properties.ts";

test("parseJson: undefined for text that is not JSON, and for very deep nesting", () => {
  assertEquals([parseJson("{"), parseJson(""), parseJson("null")], [undefined, undefined, null]);
  assertEquals(parseJson("[".repeat(1_000_000)), undefined);
});

test("isBase64: accepts what an encoder writes", () => {
  checkProperty(fc.property(fc.uint8Array(), (bytes) => assertEquals(isBase64(Buffer.from(bytes).toString("base64")), true)));
});

for (const text of ["A", "AA", "AAA", "A===", "AA=A", "AAA-", "AAA_", "AA A", "AAAA\n", '"AAA', "=AAA", "ÄAAA"]) {
  test(`isBase64: refuses ${JSON.stringify(text)}`, () => assertEquals(isBase64(text), false));
}

test("Fields: keeps the first mismatch, with its path, and reads on", () => {
  const fields = new Fields({ a: { b: 1 } });
  const inner = fields.object("a");
  assertEquals([inner.string("b"), fields.counter("c"), inner.number("b")], ["", 0, 1]);
  assertEquals(fields.bad, { bad: "a.b: expected a string, got number" });
  assertEquals(inner.bad, fields.bad);
});

test("Fields: optional fields never mismatch", () => {
  const fields = new Fields({ a: [], b: null, n: Number.NaN });
  assertEquals(
    [fields.maybeString("a"), fields.maybeNumber("n"), fields.maybeObject("a").maybeString("x")],
    [undefined, undefined, undefined],
  );
  assertEquals([fields.id("b"), fields.id("c"), fields.has("b"), fields.has("a")], ["", "", false, true]);
  assertEquals(fields.bad, undefined);
});

test("Fields: a counter is a whole number from 0 to 2 ** 53", () => {
  const read = (value: unknown): boolean => {
    const fields = new Fields({ value });
    fields.counter("value");
    return fields.bad === undefined;
  };
  const good = ["0", "1", "171", "999999999999999", 0, 7];
  const bad = ["", " 1", "1.0", "1e3", "0x1", "-1", "1234567890123456", -1, 0.5, Number.POSITIVE_INFINITY, null, true, [1]];
  assertEquals([good.map(read), bad.map(read)], [good.map(() => true), bad.map(() => false)]);
});
