// The verdicts that checks state.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { fixFor } from "../../../src/doctor/causes/causes.ts";
import { failed, onStream, passed, remarked, untried } from "../../../src/doctor/checks/verdicts.ts";
import { evidenceOf, playStream } from "./virtual-stream.ts";

test("failed: Twilio's code and the fix are the cause's, unless overridden", () => {
  const verdict = { ok: false, actual: "b", cause: "url-dns", twilioCode: 31904, fix: fixFor("url-dns") } as const;
  assertEquals(failed("url-dns", "b"), verdict);
  assertEquals(failed("url-dns", "b", { twilioCode: 1, fix: { text: "x" } }), { ...verdict, twilioCode: 1, fix: { text: "x" } });
  assertEquals("twilioCode" in failed("healthy", "b"), false);
});

test("remarked: a fix and no cause", () => {
  const { ok, fix, cause } = remarked("url-certificate-expiring", "b");
  assertEquals([ok, fix?.text, cause], [false, "renew the certificate", undefined]);
});

test("passed, untried: true and undefined", () => {
  assertEquals([passed("b").ok, untried("b").ok], [true, undefined]);
});

test("onStream: untried without a stream", () => {
  const judge = onStream(() => passed("b"));
  assertEquals([judge(evidenceOf()).ok, judge(evidenceOf(playStream({}))).ok], [undefined, true]);
});
