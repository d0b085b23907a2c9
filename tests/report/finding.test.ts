// From a check's judgement to a finding, and from findings to the exit code.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { exitCodeOf, findingOf, type Judgement, type Level } from "../../src/report/finding.ts";
import { madeFinding } from "./made.ts";

const check = { id: "a.b", stage: "media", level: "warning", requirement: "It must.", source: "RFC 1" } as const;
const judged = (fields: Partial<Judgement>): Judgement => ({ ok: true, expected: "a", actual: "b", ...fields });

for (const [what, judgement, level] of [
  ["met", judged({}), "ok"],
  ["not met: the check's own level", judged({ ok: false }), "warning"],
  ["not met: the judgement's level", judged({ ok: false, level: "error" }), "error"],
  ["met: whatever level the judgement has", judged({ level: "error" }), "ok"],
  ["not tested", judged({ ok: undefined }), "untested"],
] as const) {
  test(`findingOf: ${what}: ${level}`, () => assertEquals(findingOf(check, judgement).level, level));
}

test("findingOf: has what the check and the judgement say, and no more", () => {
  const finding = findingOf(check, judged({ ms: 5, cause: "x" }));
  assertEquals(finding, {
    id: "a.b",
    stage: "media",
    level: "ok",
    requirement: "It must.",
    source: "RFC 1",
    expected: "a",
    actual: "b",
    ms: 5,
    cause: "x",
  });
});

const codes: readonly (readonly [levels: readonly Level[], code: number])[] = [
  [[], 0],
  [["ok", "info", "untested", "warning"], 0],
  [["ok", "unreachable"], 3],
  [["unreachable", "error"], 1],
  [["error"], 1],
];
for (const [levels, code] of codes) {
  test(`exitCodeOf: ${levels.join(", ") || "nothing"}: ${code}`, () => {
    assertEquals(exitCodeOf(levels.map((level) => madeFinding("a", level))), code as 0 | 1 | 3);
  });
}
