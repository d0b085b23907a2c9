// Tests of src/protocol/bad.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { isBad } from "../../src/protocol/bad.ts";

test("isBad: tells a Bad from a value by its field, whatever that says", () => {
  assertEquals([isBad({ bad: "" }), isBad({ type: "bad" }), isBad({})], [true, false, false]);
});
