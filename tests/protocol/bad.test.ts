// Tests of src/protocol/bad.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { isBad } from "../../src/protocol/bad.ts";

test("isBad: recognises a Bad by its field, whatever the text", () => {
  assertEquals([isBad({ bad: "" }), isBad({ type: "bad" }), isBad({})], [true, false, false]);
});
