// How verdicts are put.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { CAUSES } from "../../../src/doctor/causes/causes.ts";
import { faulty, fine, untried } from "../../../src/doctor/checks/verdicts.ts";

test("faulty: Twilio's code and the fix are the cause's own unless told otherwise", () => {
  const { "url-dns": cause } = CAUSES;
  assertEquals(faulty("url-dns", "a", "b"), {
    ok: false,
    expected: "a",
    actual: "b",
    cause: "url-dns",
    twilioCode: 31904,
    fix: { text: cause.fix },
  });
  assertEquals(faulty("url-dns", "a", "b", { twilioCode: 1, fix: { text: "x" } }).fix, { text: "x" });
  assertEquals("twilioCode" in faulty("healthy", "a", "b"), false);
});

test("fine, untried: true and undefined", () => {
  assertEquals([fine("a", "b").ok, untried("a", "b").ok], [true, undefined]);
});
