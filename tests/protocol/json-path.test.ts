// Paths into a JSON document.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseJsonPath, valueAt } from "../../src/protocol/json-path.ts";
import { checkProperty } from "../support/properties.ts";

const document = { name: "Ada", items: [{ price: 5 }, { price: 7 }], "first name": "A", a: { "b-c": null }, __proto__: { x: 1 } };

for (const [path, value] of [
  ["$", document],
  ["$.name", "Ada"],
  ["$.items[1].price", 7],
  ["$.items[2].price", undefined],
  ['$["first name"]', "A"],
  ["$.a.b-c", null],
  ["$.a.b-c.d", undefined],
  ["$.name.length", undefined],
  ["$.constructor", undefined],
  ["$.items.length", 2],
] as const) {
  test(`valueAt: ${path}`, () => assertEquals(valueAt(document, path), value as unknown));
}

for (const path of ["", "name", "$name", "$.", "$..a", "$.a[", "$.a[-1]", "$[*]", "$.a b", '$["a']) {
  test(`parseJsonPath: "${path}" is not a path`, () => assertEquals(parseJsonPath(path), undefined));
}

test("parseJsonPath: takes exactly what this regular expression matches", () => {
  const grammar = /^\$(?:\.[A-Za-z_][\w-]*|\[\d{1,9}\]|\["(?:[^"\\]|\\.)*"\])*$/;
  const part = fc.constantFrom("$", ".", "a", "b-c", "[", "]", "0", '"', "\\", " ", "-");
  const paths = fc.array(part, { maxLength: 10 }).map((parts) => `$${parts.join("")}`);
  checkProperty(
    fc.property(paths, (path) => assertEquals(parseJsonPath(path) !== undefined, grammar.test(path))),
    { numRuns: 1_000 },
  );
});
