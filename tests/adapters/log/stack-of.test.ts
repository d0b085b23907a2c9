// The log text of a thrown value.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { stackOf } from "../../../src/adapters/log/stack-of.ts";

test("stackOf: an error's stack, else its message; any other value as text", () => {
  const error = new Error("planted");
  assertEquals(stackOf(error), error.stack ?? "");
  const bare = Object.assign(new Error("planted"), { stack: undefined });
  assertEquals(stackOf(bare), "planted");
  assertEquals(stackOf("planted"), "planted");
});
