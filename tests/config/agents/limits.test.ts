// Limits of voice.toml: their defaults. Mistakes: mistakes/patience-*.txt.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { patienceOf } from "../../../src/config/agents/limits.ts";

const MINUTE_MS = 60_000;

test("patienceOf: no limits where the file says nothing", () => {
  assertEquals(patienceOf(undefined), { idle: undefined, duration: undefined });
  assertEquals(patienceOf({}), { idle: undefined, duration: undefined });
});

test("patienceOf: a silent caller is asked twice whether they are there", () => {
  assertEquals(patienceOf({ idle_s: 8 }).idle, { ms: 8_000, say: "Are you still there?", times: 2 });
  assertEquals(patienceOf({ idle_s: 8, say: "Hello?", times: 0 }).idle, { ms: 8_000, say: "Hello?", times: 0 });
});

test("patienceOf: the warning comes two minutes before the end, and not in a call that is shorter", () => {
  assertEquals(patienceOf({ max_minutes: 30 }).duration, { warnMs: 28 * MINUTE_MS, maxMs: 30 * MINUTE_MS });
  assertEquals(patienceOf({ max_minutes: 2 }).duration, { warnMs: undefined, maxMs: 2 * MINUTE_MS });
  assertEquals(patienceOf({ max_minutes: 10, warn_minutes: 5 }).duration, { warnMs: 5 * MINUTE_MS, maxMs: 10 * MINUTE_MS });
});
