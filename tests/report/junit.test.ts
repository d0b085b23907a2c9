// JUnit: what fails, what is an error, what is skipped, and XML that is XML.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SaxesParser } from "saxes";
import { readJunit } from "../../scripts/junit.ts";
import { LEVELS } from "../../src/report/finding.ts";
import { junitReport } from "../../src/report/junit.ts";
import { madeFinding, madeReport } from "./made.ts";

const report = madeReport({ tool: "doctor", findings: LEVELS.map((level) => madeFinding(`a.${level}`, level)) });

test("junitReport: errors fail, warnings when strict; unreachable is an error, untested is skipped", () => {
  const text = junitReport(report, { strict: false });
  assertStringIncludes(text, '<testsuite name="voice doctor" tests="6" failures="1" errors="1" skipped="1" time="3.21">');
  assertStringIncludes(junitReport(report, { strict: true }), 'failures="2"');
  const { passed, failed, skipped } = readJunit(text, []);
  assertEquals([passed, failed.length, skipped.length], [3, 2, 1]);
});

test("junitReport: well-formed; what XML cannot hold, or a reader cannot see, is escaped", () => {
  const text = junitReport(report, { strict: true });
  new SaxesParser().write(text).close(); // throws when it is not well-formed
  assertStringIncludes(text, '<failure message="&lt;c&gt; &amp; \\u001b">');
  assert(!text.includes("\u001b"));
  const bad = madeReport({ findings: [madeFinding("a.b", "error", { actual: "\u{202e}\u{ffff}\u{1f44d}" })] });
  assertStringIncludes(junitReport(bad, { strict: false }), 'message="\\u202e\\uffff\u{1f44d}"');
});

test("junitReport: a failure has the requirement, the fix and the evidence", () => {
  const finding = madeFinding("a.b", "error", { fix: { text: "do this" }, evidence: ["line one"] });
  const text = junitReport(madeReport({ findings: [finding] }), { strict: false });
  for (const part of ["The requirement of a.b.", "do this", "line one", 'classname="voice.selftest.media"'])
    assertStringIncludes(text, part);
});
