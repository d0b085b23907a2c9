// `voice service` as a command: what it prints, and how it fails.

import { test } from "bun:test";
import { assertStringIncludes, assertThrows } from "@std/assert";
import { serviceCommand } from "../../src/commands/service.ts";
import { UsageError } from "../../src/config/usage-error.ts";

test("serviceCommand: install from source fails with a hint", () => {
  const error = assertThrows(() => serviceCommand(true, 5_000), UsageError);
  assertStringIncludes(error.hint, "voice");
});
