// Tests of src/adapters/log/late-log.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { lateLog, MAX_LATE_LINES } from "../../../src/adapters/log/late-log.ts";

test("lateLog: lines before open are written first, in order", () => {
  const written: string[] = [];
  const late = lateLog();
  late.log("info", "a", {});
  late.log("info", "b", {});
  late.open((_level, event) => void written.push(event));
  late.log("info", "c", {});
  assertEquals(written, ["a", "b", "c"]);
});

test("lateLog: lines beyond the limit are lost, and counted", () => {
  const written: unknown[] = [];
  const late = lateLog();
  for (let line = 0; line < MAX_LATE_LINES + 2; line += 1) late.log("info", "a", {});
  late.open((_level, event, fields) => void written.push(event === "log.linesLost" ? fields : event));
  assertEquals(written.length, MAX_LATE_LINES + 1);
  assertEquals(written.at(-1), { lines: 2 });
});
