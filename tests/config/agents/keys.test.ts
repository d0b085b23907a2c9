// Bound keys of voice.toml. Mistakes: mistakes/keys-*.txt.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { keys } from "../../../src/config/agents/keys.ts";

test("keys: each key with what it does", () => {
  assertEquals(keys.parse({ "9": "hang_up", "*": "repeat", "0": "transfer:desk" }), {
    "9": { type: "hangUp" },
    "*": { type: "repeat" },
    "0": { type: "transfer", name: "desk" },
  });
});
