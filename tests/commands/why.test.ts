// The arguments of `voice why`.

import { test } from "bun:test";
import { assertEquals, assertThrows } from "@std/assert";
import { readWhyArgs } from "../../src/commands/why.ts";
import { UsageError } from "../../src/config/usage-error.ts";

const sid = `CA${"0".repeat(32)}`;

test("voice why: a CallSid, and the settings of the server", () => {
  assertEquals(
    readWhyArgs([sid, "--state", "/srv"], () => {}),
    { callSid: sid, flags: { VOICE_STATE: "/srv" } },
  );
  for (const args of [[], ["CA1"], [sid, sid], [sid, "--stat", "x"]]) assertThrows(() => readWhyArgs(args, () => {}), UsageError);
});
