// What `voice check` prints on a terminal.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkText } from "../../src/check/terminal.ts";
import type { Finding, Level } from "../../src/report/finding.ts";
import { madeReport } from "../report/made.ts";

function found(id: string, level: Level, actual: string, fix?: string): Finding {
  const rest = { stage: "model", requirement: "It works.", expected: "yes", source: "https://example.net/" };
  return { id, level, actual, ...rest, ...(fix === undefined ? {} : { fix: { text: fix } }) };
}

const ok = found("a.good", "ok", "it works");
const warned = found("a.odd", "warning", "it is slow", "raise the limit");
const broken = found("long.name", "error", "it is missing", "create it");
const away = found("b.away", "unreachable", "no answer", "check the firewall");
const untested = found("b.none", "untested", "nothing to test");

test("checkText: the verdict first, a mark for each finding, the fix below it", () => {
  assertEquals(checkText(madeReport({ tool: "check", findings: [ok, warned, broken, away, untested] }), false).split("\n"), [
    "1 error: long.name; could not be reached: b.away; 1 warning",
    "",
    "✓ a.good     it works",
    "! a.odd      it is slow",
    "             fix: raise the limit",
    "✗ long.name  it is missing",
    "             fix: create it",
    "? b.away     no answer",
    "             fix: check the firewall",
    "- b.none     nothing to test",
    "",
    "voice 1.2.3, Bun 9; 3.2 s",
    "",
  ]);
});

for (const [findings, verdict] of [
  [[ok], "no errors found"],
  [[ok, warned, warned], "no errors found; 2 warnings"],
  [[ok, away], "no errors found, but could not be reached: b.away"],
  [[broken, broken], "2 errors: long.name, long.name"],
] as const) {
  test(`checkText: the verdict is "${verdict}"`, () => {
    assertEquals(checkText(madeReport({ tool: "check", findings }), false).split("\n")[0], verdict);
  });
}

test("checkText: colours only when told so", () => {
  assertStringIncludes(checkText(madeReport({ tool: "check", findings: [ok] }), true), "\u001b[32m✓\u001b[0m");
});
