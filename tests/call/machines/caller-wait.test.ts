// How long a caller has waited, including the current wait.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { type CallerWait, longestWaitMs, noWait } from "../../../src/call/machines/caller-wait.ts";

const cases: readonly (readonly [what: string, wait: CallerWait, atMs: number, longestMs: number])[] = [
  ["nothing", noWait, 9_000, 0],
  ["the current one", { ...noWait, sinceMs: 1_000 }, 1_500.6, 501],
  ["an older one, longer than the current one", { ...noWait, sinceMs: 1_000, longestMs: 700 }, 1_500, 700],
  ["an older one", { ...noWait, longestMs: 700 }, 9_000, 700],
];
for (const [what, wait, atMs, longestMs] of cases) test(`longestWaitMs: ${what}`, () => assertEquals(longestWaitMs(wait, atMs), longestMs));
