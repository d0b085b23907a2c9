// Which limit of open files carries how many calls, and how it is read.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { callsWithin, FILES_PER_CALL, FILES_RESERVED, readOpenFiles, waitingWithin } from "../../src/server/open-files.ts";

for (const [openFiles, calls, waiting] of [
  [1, 1, 1],
  [64, 1, 8],
  [1_024, 256, 128],
  [65_536, 21_461, 1_024],
] as const) {
  test(`callsWithin, waitingWithin: ${openFiles} open files carry ${calls} calls and ${waiting} sockets without one`, () => {
    assertEquals([callsWithin(openFiles), waitingWithin(openFiles)], [calls, waiting]);
    if (calls > 1) assert(calls * FILES_PER_CALL + waiting + FILES_RESERVED <= openFiles);
  });
}

for (const [what, limits, expected] of [
  [
    "the soft limit",
    "Max processes             7                    7                    processes\nMax open files            1024                 524288               files     \n",
    1_024,
  ],
  ["none", "Max open files            unlimited            unlimited            files     \n", undefined],
  ["another text", "", undefined],
] as const) {
  test(`readOpenFiles: ${what} is ${expected}`, () => assertEquals(readOpenFiles(limits), expected));
}
