// [privacy] of voice.toml.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { usualPrivacy } from "../../../src/config/agents/privacy.ts";
import { privacyOf, privacyTable } from "../../../src/config/agents/privacy-schema.ts";

const HOUR_MS = 3_600_000;

test("privacyOf: times with units; what is not given is as usual", () => {
  const of = (table: unknown) => privacyOf(privacyTable.parse(table));
  assertEquals(of({ keep: { transcript: "12h", record: "2w" } }).keep, { transcriptMs: 12 * HOUR_MS, recordMs: 14 * 24 * HOUR_MS });
  assertEquals(of({ keep: { record: "forever" } }).keep, { ...usualPrivacy.keep, recordMs: undefined });
  assertEquals(of({ keep: { transcript: "1y" } }).keep.transcriptMs, 366 * 24 * HOUR_MS);
  assertEquals(of({ redact: ["cards"] }), { ...usualPrivacy, redact: ["cards"] });
  assertEquals(privacyOf(undefined), usualPrivacy);
});

for (const wrong of [
  { keep: { transcript: "0d" } },
  { keep: { record: "90 days" } },
  { keep: "90d" },
  { redact: ["names"] },
  { keep: { audio: "1d" } },
]) {
  test(`privacyTable: refuses ${JSON.stringify(wrong)}`, () => assertEquals(privacyTable.safeParse(wrong).success, false));
}
