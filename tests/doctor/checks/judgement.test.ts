// How the checks put their judgements together.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { fixFor } from "../../../src/doctor/causes/causes.ts";
import { REMARKS } from "../../../src/doctor/causes/remarks.ts";
import { failed, onStream, passed, remarked, untested } from "../../../src/doctor/checks/judgement.ts";
import { evidenceOf, playStream } from "./virtual-stream.ts";

test("failed: Twilio's code and the fix are the cause's, unless overridden", () => {
  const judgement = { ok: false, actual: "b", cause: "url-dns", twilioCode: 31904, fix: fixFor("url-dns") } as const;
  assertEquals(failed("url-dns", "b"), judgement);
  assertEquals(failed("url-dns", "b", { twilioCode: 1, fix: { text: "x" } }), { ...judgement, twilioCode: 1, fix: { text: "x" } });
  assertEquals("twilioCode" in failed("healthy", "b"), false);
});

test("remarked: level info, a fix and no cause", () => {
  const { ok, level, fix, cause } = remarked("url-local-trial", "b");
  assertEquals([ok, level, fix?.text, cause], [false, "info", REMARKS["url-local-trial"], undefined]);
});

test("passed, untested: true and undefined", () => {
  assertEquals([passed("b").ok, untested("b").ok], [true, undefined]);
});

test("onStream: untested without a stream", () => {
  const judge = onStream(() => passed("b"));
  assertEquals([judge(evidenceOf()).ok, judge(evidenceOf(playStream({}))).ok], [undefined, true]);
});
