// The checks of a client's JSON: the first error is reported with its path.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import {
  anything,
  arrayOf,
  boolean,
  byType,
  integer,
  isObject,
  type JsonCheck,
  number,
  object,
  oneOf,
  orNull,
  string,
} from "../../../../src/simulators/openai/config/json-checks.ts";

const point = object({ x: integer(0, 9), label: string }, ["x"]);
const cases: readonly (readonly [check: JsonCheck, value: unknown, expected: readonly [code: string, param: string] | undefined])[] = [
  [anything, undefined, undefined],
  [string, "", undefined],
  [string, null, ["invalid_type", "at"]],
  [boolean, false, undefined],
  [boolean, 0, ["invalid_type", "at"]],
  [number(0, 1), 0.5, undefined],
  [number(0, 1), 1.5, ["invalid_value", "at"]],
  [number(0, 1), "0", ["invalid_type", "at"]],
  [integer(0, 9), 9, undefined],
  [integer(0, 9), 9.5, ["invalid_type", "at"]],
  [oneOf("a", "b"), "b", undefined],
  [oneOf("a", "b"), "c", ["invalid_value", "at"]],
  [oneOf("a"), 7, ["invalid_value", "at"]],
  [orNull(string), null, undefined],
  [orNull(string), 1, ["invalid_type", "at"]],
  [arrayOf(string), ["a"], undefined],
  [arrayOf(string), ["a", 1], ["invalid_type", "at[1]"]],
  [arrayOf(string), {}, ["invalid_type", "at"]],
  [point, { x: 1 }, undefined],
  [point, {}, ["missing_required_parameter", "at.x"]],
  [point, { x: 1, y: 1 }, ["unknown_parameter", "at.y"]],
  [point, { x: 1, toString: 1 }, ["unknown_parameter", "at.toString"]],
  [point, { x: 1, label: 2 }, ["invalid_type", "at.label"]],
  [point, [], ["invalid_type", "at"]],
  [byType({ p: object({ type: anything, x: string }) }), { type: "p", x: "" }, undefined],
  [byType({ p: point }), { type: "q" }, ["invalid_value", "at.type"]],
  [byType({ p: point }), { type: "toString" }, ["invalid_value", "at.type"]],
  [byType({ p: point }), {}, ["missing_required_parameter", "at.type"]],
  [byType({ p: point }), null, ["invalid_type", "at"]],
];
for (const [index, [check, value, expected]] of cases.entries()) {
  test(`json-checks: case ${index}: ${JSON.stringify(value)}: ${expected?.join(" ") ?? "passes"}`, () => {
    const rejected = check(value, "at")?.rejected;
    assertEquals(rejected && [rejected.code, rejected.param], expected && [...expected]);
  });
}

test("object: fields of the event itself have no path prefix", () => {
  assertEquals(point({ y: 1, x: 1 }, "")?.rejected.param, "y");
});

test("isObject: not for null, not for an array", () => assertEquals([{}, null, []].map(isObject), [true, false, false]));
