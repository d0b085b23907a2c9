// The log during a flood of requests.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { boundedLog, LINES_PER_SECOND } from "../../../src/adapters/log/bounded-log.ts";
import { manualClock } from "../../support/manual-clock.ts";

test("boundedLog: during a flood LINES_PER_SECOND lines are written and the rest counted; other events are not affected", () => {
  const clock = manualClock();
  const lines: string[] = [];
  const log = boundedLog((_level, event, fields) => void lines.push(`${event} ${fields.lines ?? ""}`), clock);
  for (let n = 0; n < LINES_PER_SECOND + 7; n++) log("warning", "webhook.rejected", {});
  log("info", "webhook.answered", {});
  assertEquals(lines.length, LINES_PER_SECOND + 1);
  clock.advance(1_000);
  assertEquals(lines.at(-1), "log.suppressed 7");
  log("warning", "webhook.rejected", {});
  assertEquals(lines.at(-1), "webhook.rejected ");
  clock.advance(1_000);
  assertEquals(clock.pending, 0);
  assertEquals(lines.length, LINES_PER_SECOND + 3);
});
