// Counts from a report of bun 1.4.5 (shortened): one test of each kind, a test in a group, a worker that ended with
// process.exit(0), and files that ran no test.

import { test } from "bun:test";
import { assertEquals, assertThrows } from "@std/assert";
import { readJunit, totalsLine } from "../../scripts/junit.ts";

const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="6" assertions="0" failures="3" skipped="2" time="5.2">
  <testsuite name="tests/a.test.ts" file="tests/a.test.ts" tests="5" failures="2" skipped="2" time="0.05" hostname="vm">
    <testcase name="good" classname="" time="0.01" file="tests/a.test.ts" line="2" assertions="0" />
    <testcase name="bad: &lt;x&gt;" classname="" time="0.01" file="tests/a.test.ts" line="3" assertions="0">
      <failure type="Error" message="boom">Error: boom&#10;second line</failure>
    </testcase>
    <testcase name="skipped" classname="" time="0" file="tests/a.test.ts" line="4" assertions="0">
      <skipped />
    </testcase>
    <testcase name="later" classname="" time="0" file="tests/a.test.ts" line="5" assertions="0">
      <skipped message="LATER" />
    </testcase>
    <testsuite name="group" file="tests/a.test.ts" line="6" tests="1" failures="0" skipped="0" time="0" hostname="vm">
      <testcase name="inner" classname="group" time="0.01" file="tests/a.test.ts" line="6" assertions="0">
        <failure type="TimeoutError" message="test timed out" />
      </testcase>
    </testsuite>
  </testsuite>
  <testsuite name="tests/c.test.ts" file="tests/c.test.ts" tests="1" failures="1" skipped="0" time="0.006" hostname="vm">
    <testcase name="(worker crashed)" classname="" time="0" file="tests/c.test.ts" assertions="0">
      <failure type="Error" message="worker process crashed before reporting results" />
    </testcase>
  </testsuite>
</testsuites>`;

test("readJunit: counts each kind, with names and messages", () => {
  assertEquals(readJunit(report, ["tests/a.test.ts", "tests/c.test.ts"]), {
    passed: 1,
    failed: [
      "tests/a.test.ts: bad: <x>\nError: boom\nsecond line",
      "tests/a.test.ts: group > inner\ntest timed out",
      "tests/c.test.ts: (worker crashed)\nworker process crashed before reporting results",
    ],
    skipped: ["tests/a.test.ts: skipped", "tests/a.test.ts: later\nLATER"],
  });
});

test("readJunit: a file that ran no test is a failure", () => {
  const { failed } = readJunit(report, ["tests/a.test.ts", "tests/b.test.ts", "tests/c.test.ts"]);
  assertEquals(failed.at(-1), "tests/b.test.ts: ran no test (did its imports fail?)");
});

test("readJunit: an incomplete report throws", () => {
  assertThrows(() => readJunit(report.slice(0, 600), []));
});

const one = ["x"];
for (const [tallies, line] of [
  [[], "0 passed, 0 failed"],
  [[{ passed: 2, failed: [], skipped: [] }], "2 passed, 0 failed"],
  [
    [
      { passed: 2, failed: one, skipped: one },
      { passed: 3, failed: [], skipped: one },
    ],
    "5 passed, 1 failed, 2 skipped",
  ],
] as const) {
  test(`totalsLine: ${line}`, () => assertEquals(totalsLine(tallies), line));
}
