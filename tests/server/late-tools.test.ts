// Tests of src/server/late-tools.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { ToolPort } from "../../src/call/ports.ts";
import { lateTools } from "../../src/server/late-tools.ts";

test("lateTools: is loaded once, at the first run, and runs each call in order", async () => {
  const seen: string[] = [];
  const loaded: ToolPort = { run: ({ name }) => void seen.push(name) };
  const tools = lateTools(async () => {
    seen.push("load");
    return loaded;
  });
  assertEquals(seen, []);
  const identity = { callSid: "CA1", accountSid: "AC1", from: "", to: "", direction: undefined };
  for (const name of ["a", "b"])
    tools.run({ callId: "c", name, arguments: "{}" } as never, identity as never, new AbortController().signal, () => {});
  await Promise.resolve(loaded);
  await new Promise((resolve) => void setImmediate(resolve));
  assertEquals(seen, ["load", "a", "b"]);
});
