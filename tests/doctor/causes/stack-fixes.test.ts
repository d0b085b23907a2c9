// withMends: what it adds, and what it leaves alone.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { withMends } from "../../../src/doctor/causes/stack-fixes.ts";
import type { DoctorCheck, Judged } from "../../../src/doctor/evidence/evidence.ts";
import { evidenceOf } from "../../selftest/checks/virtual-stream.ts";

function mendOf(judged: Partial<Judged>): Judged["mend"] {
  const check: DoctorCheck = {
    id: "a.b",
    stage: "media",
    level: "error",
    requirement: "",
    source: "",
    judge: () => ({ ok: false, expected: "", actual: "", ...judged }),
  };
  return withMends([check])[0]?.judge(evidenceOf()).mend;
}

test("withMends: adds the stacks' ways to mend a cause", () => {
  const mend = mendOf({ cause: "media-binary" });
  assertStringIncludes(mend?.stacks?.fastapi ?? "", "send_json");
  assertEquals(Object.keys(mend?.stacks ?? {}).length, 5);
});

test("withMends: leaves alone what has no cause, or says itself how it is mended", () => {
  assertEquals(mendOf({}), undefined);
  assertEquals(mendOf({ cause: "media-binary", mend: { text: "so" } }), { text: "so" });
});
