// Schemas of arguments: what is refused, at which path, and how patterns are bounded.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { checkParameters, withBoundedPatterns } from "../../../src/protocol/json-schema/check-parameters.ts";
import { MAX_PATTERN_TEXT_CHARS } from "../../../src/protocol/json-schema/pattern-cost.ts";

const cases: readonly [part: Readonly<Record<string, unknown>>, wrong: readonly string[]][] = [
  [{}, []],
  [{ properties: { pattern: { type: "string" }, $ref: {}, required: true } }, []],
  [{ $defs: { one: { type: ["string", "null"] } }, properties: { a: { $ref: "#/$defs/one" }, b: { $ref: "#" } } }, []],
  [{ enum: [{ type: "nothing", pattern: "(" }], default: { items: 5 } }, []],
  [{ type: "nothing" }, ["type"]],
  [{ required: "a" }, ["required"]],
  [{ required: ["a", 5] }, ["required"]],
  [{ properties: { a: 5 } }, ["properties.a"]],
  [{ properties: [] }, ["properties"]],
  [{ items: { pattern: 5 } }, ["items.pattern"]],
  [{ not: { anyOf: [true, { pattern: "(" }] } }, ["not.anyOf.1.pattern"]],
  [{ allOf: {} }, ["allOf"]],
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  [{ if: { then: { else: { type: "nothing" } } } }, ["if.then.else.type"]],
  [{ patternProperties: {} }, ["patternProperties"]],
  [{ $ref: "#/$defs/toString", $defs: {} }, ["$ref"]],
  [{ $ref: "https://schemas.example/one" }, ["$ref"]],
  [{ additionalProperties: { $ref: "#/properties/a" } }, ["additionalProperties.$ref"]],
];
for (const [part, wrong] of cases) {
  test(`checkParameters: ${JSON.stringify(part)}`, () => {
    assertEquals(
      checkParameters(part).map(({ path }) => path.join(".")),
      wrong,
    );
  });
}

test("withBoundedPatterns: every pattern of a schema, and no property or value of that name", () => {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  const bounded = { if: { maxLength: MAX_PATTERN_TEXT_CHARS }, then: { pattern: "^a$" }, else: { maxLength: MAX_PATTERN_TEXT_CHARS } };
  const given = { properties: { pattern: { pattern: "^a$" } }, items: [5], anyOf: [{ pattern: "^a$" }], enum: [{ pattern: "(" }] };
  assertEquals(withBoundedPatterns(given), {
    properties: { pattern: { allOf: [bounded] } },
    items: [5],
    anyOf: [{ allOf: [bounded] }],
    enum: [{ pattern: "(" }],
  });
});
