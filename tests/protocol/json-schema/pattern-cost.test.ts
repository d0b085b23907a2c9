// Which patterns are quick for every text.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { boundedPattern } from "../../../src/protocol/json-schema/pattern-cost.ts";

const quick = [
  "^\\+?[0-9]{7,15}$",
  "^[A-Z]{2}\\d{6}$",
  "^\\d{4}-\\d{2}-\\d{2}$",
  "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$",
  "^(\\d{3}-)+\\d$",
  "^(?:red|green|blue)$",
  "^(?<year>\\d{4})(?:-\\d\\d?){0,2}$",
  "[(+*?{|]",
  "\\(\\+\\)",
  "\\s+$",
  "",
];
/** Exponential, or too many repetitions that can share a text. */
const slow = [
  "^(a+)+$",
  "^(a*)*$",
  "^(a|a)*$",
  "^(a|aa)+$",
  "^(?:a?){40}$",
  `^${"a?".repeat(30)}${"a".repeat(30)}$`,
  "^([a-z]+\\.)*[a-z]+$",
  "a+a+a+$",
  "^a+|b+c+d+$",
  "^.*.*.*.*$",
  "^((a{1,20}){1,20}){1,20}$",
  "^(?<n>[0-9]+)*$",
  "^([+]+)+$",
];
const invalid = ["(", "[", "a{2,1}", "^(a)\\1$", "^(?=a)a$", "^(?<!a)b$", "\\k<n>", "\\-"];

const expectedOf = (pattern: string): string | undefined => {
  const read = boundedPattern(pattern);
  return typeof read === "string" ? undefined : read.expected;
};

for (const pattern of quick) test(`boundedPattern: ${pattern} is quick`, () => assertEquals(boundedPattern(pattern), pattern));
for (const pattern of slow) {
  test(`boundedPattern: ${pattern} is refused as slow`, () => assertEquals(expectedOf(pattern), "a pattern that is quick for every text"));
}
for (const pattern of invalid) {
  test(`boundedPattern: ${pattern} is not a pattern`, () => {
    assertEquals(expectedOf(pattern), "a regular expression (ECMAScript) without look-around and backreferences");
  });
}

test("boundedPattern: a pattern has at most 500 characters", () => {
  assertEquals([expectedOf("a".repeat(500)), expectedOf("a".repeat(501))], [undefined, "at most 500 characters"]);
});
