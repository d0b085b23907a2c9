// The fields that main.ts prints.

import { test } from "bun:test";
import { assertEquals, assertInstanceOf } from "@std/assert";
import { UsageError } from "../../src/config/usage-error.ts";

test("UsageError: an Error with a message and a hint, and a name that survives minifying", () => {
  const error = new UsageError("cannot listen on port 80", "try --port 8080");
  assertInstanceOf(error, Error);
  assertEquals([error.name, error.message, error.hint], ["UsageError", "cannot listen on port 80", "try --port 8080"]);
});
