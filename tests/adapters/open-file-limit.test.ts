// Reads a limit of open files from files in the format of /proc/self/limits.

import { test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertEquals } from "@std/assert";
import { readOpenFileLimit } from "../../src/adapters/open-file-limit.ts";

for (const [what, limits, expected] of [
  [
    "the soft limit",
    "Max processes             7                    7                    processes\nMax open files            1024                 524288               files     \n",
    1_024,
  ],
  ["an unlimited one", "Max open files            unlimited            unlimited            files     \n", undefined],
  ["a missing line", "", undefined],
  ["a missing file", undefined, undefined],
] as const) {
  test(`readOpenFileLimit: ${what} gives ${expected}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "voice-limits-"));
    const path = join(folder, "limits");
    if (limits !== undefined) writeFileSync(path, limits);
    assertEquals(readOpenFileLimit(path), expected);
    rmSync(folder, { recursive: true });
  });
}
