// What was found, as lines, as JSON and as an exit code.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { exitCode, type Finding, jsonReport, textReport, type Verdict } from "../../src/check/findings.ts";

const findings: readonly Finding[] = [
  { id: "a.good", verdict: "good", what: "it is there" },
  { id: "a.odd", verdict: "warning", what: "it is odd", fix: "look at it" },
  { id: "long.name", verdict: "bad", what: "it is not there", fix: "put it there" },
  { id: "b.far", verdict: "unreachable", what: "it is far", fix: "go there" },
  { id: "b.none", verdict: "skipped", what: "nothing to try" },
];
const checked = { version: "1.2.3", runtime: "Bun 1", findings };

test("textReport: a mark a matter, the fix below it, the verdict last", () => {
  const lines = [
    "voice 1.2.3, Bun 1",
    "✓ a.good     it is there",
    "! a.odd      it is odd",
    "             look at it",
    "✗ long.name  it is not there",
    "             put it there",
    "✗ b.far      it is far",
    "             go there",
    "- b.none     nothing to try",
    "2 of 5 wrong, 1 to look at",
    "",
  ];
  assertEquals(textReport(checked, false), lines.join("\n"));
});

test("textReport: nothing wrong is said; colours only when asked for", () => {
  const good = { ...checked, findings: findings.slice(0, 1) };
  assertEquals(textReport(good, false), "voice 1.2.3, Bun 1\n✓ a.good  it is there\nnothing is wrong\n");
  assertEquals(textReport(good, true).includes("\u001b[32m✓\u001b[0m"), true);
});

test("jsonReport: one line, with all that was found", () => {
  const text = jsonReport(checked);
  assertEquals(text.indexOf("\n"), text.length - 1);
  assertEquals(JSON.parse(text), { ok: false, version: "1.2.3", runtime: "Bun 1", findings } as never);
});

const codes: readonly (readonly [verdicts: readonly Verdict[], code: number])[] = [
  [[], 0],
  [["good", "skipped", "warning"], 0],
  [["good", "unreachable"], 3],
  [["unreachable", "bad"], 1],
  [["bad"], 1],
];
for (const [verdicts, code] of codes) {
  test(`exitCode: ${verdicts.join(", ") || "nothing found"}: ${code}`, () => {
    assertEquals(exitCode(verdicts.map((verdict) => ({ id: "a", verdict, what: "" }))), code);
  });
}
