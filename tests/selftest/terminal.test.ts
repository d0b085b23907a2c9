// What the selftest prints on a terminal.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { selftestText } from "../../src/selftest/terminal.ts";
import { madeFinding, madeReport } from "../report/made.ts";

const good = madeReport({ findings: [madeFinding("a.b", "ok"), madeFinding("c", "ok")] });
const bad = madeReport({ exitCode: 1, findings: [madeFinding("a.b", "ok"), madeFinding("c", "error")] });

test("selftestText: the verdict, a line for each check, what failed in full", () => {
  assertEquals(selftestText(bad, false).split("\n"), [
    "voice is broken: 1 of 2 checks failed: c",
    "",
    "✓ a.b  The requirement of a.b. 12 ms",
    "✗ c    The requirement of c. 12 ms",
    '    expected  a "b"',
    "    actual    <c> & \\u001b",
    "    source    RFC 1",
    "",
    "voice 1.2.3, Bun 9; 3.2 s",
    "",
  ]);
  assertEquals(selftestText(good, false).split("\n")[0], "voice works: all 2 checks passed");
});

test("selftestText: colours only when told so", () => {
  assertStringIncludes(selftestText(good, true), "\u001b[32m✓\u001b[0m");
  assertEquals(selftestText(good, false).includes("\u001b["), false);
});
