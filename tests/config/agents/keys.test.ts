// Bound keys of voice.toml. Mistakes: mistakes/keys-*.txt.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { keysOf } from "../../../src/config/agents/keys.ts";

test("keysOf: each key with what it does", () => {
  assertEquals(keysOf({ "9": "hang_up", "*": "repeat" }), { "9": { type: "hangUp" }, "*": { type: "repeat" } });
  assertEquals(keysOf(undefined), {});
});
