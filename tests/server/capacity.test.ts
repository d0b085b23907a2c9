// Limits of open files, and what they allow.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { FILES_PER_CALL, FILES_RESERVED, maxCallsFor, maxPendingFor } from "../../src/server/capacity.ts";

for (const [openFileLimit, calls, pending] of [
  [1, 1, 1],
  [64, 1, 8],
  [1_024, 256, 128],
  [65_536, 21_461, 1_024],
] as const) {
  test(`maxCallsFor, maxPendingFor: ${openFileLimit} open files allow ${calls} calls and ${pending} pending sockets`, () => {
    assertEquals([maxCallsFor(openFileLimit), maxPendingFor(openFileLimit)], [calls, pending]);
    if (calls > 1) assert(calls * FILES_PER_CALL + pending + FILES_RESERVED <= openFileLimit);
  });
}
