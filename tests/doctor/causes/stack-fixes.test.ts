// withStackFixes: what it adds, and what it leaves alone.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { withStackFixes } from "../../../src/doctor/causes/stack-fixes.ts";
import type { DoctorCheck, Judged } from "../../../src/doctor/evidence/evidence.ts";
import { evidenceOf } from "../../selftest/checks/virtual-stream.ts";

function mendOf(judged: Partial<Judged>): Judged["fix"] {
  const check: DoctorCheck = {
    id: "a.b",
    stage: "media",
    level: "error",
    requirement: "",
    source: "",
    judge: () => ({ ok: false, expected: "", actual: "", ...judged }),
  };
  return withStackFixes([check])[0]?.judge(evidenceOf()).fix;
}

test("withStackFixes: adds the stacks' ways to fix a cause", () => {
  const fix = mendOf({ cause: "media-binary" });
  assertStringIncludes(fix?.stacks?.fastapi ?? "", "send_json");
  assertEquals(Object.keys(fix?.stacks ?? {}).length, 5);
});

test("withStackFixes: leaves alone what has no cause, or says itself how it is mended", () => {
  assertEquals(mendOf({}), undefined);
  assertEquals(mendOf({ cause: "media-binary", fix: { text: "so" } }), { text: "so" });
});
