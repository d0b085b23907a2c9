// fixFor: the fix that a finding shows for its cause.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { CAUSES } from "../../../src/doctor/causes/causes.ts";
import { fixFor } from "../../../src/doctor/causes/stack-fixes.ts";

test("fixFor: the cause's own fix, with the stacks' where they differ", () => {
  const fix = fixFor("media-binary");
  assertEquals(fix.text, CAUSES["media-binary"].fix);
  assertStringIncludes(fix.stacks?.fastapi ?? "", "send_json");
  assertEquals(Object.keys(fix.stacks ?? {}).length, 5);
});

test("fixFor: the cause's own fix alone where every stack has the same", () => {
  assertEquals(fixFor("url-dns"), { text: CAUSES["url-dns"].fix });
});
