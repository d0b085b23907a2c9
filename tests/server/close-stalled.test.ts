// How often stalled connections are closed and reported, on a clock that the test moves.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { CLOSE_STALLED_EVERY_MS, closeStalledRegularly, REPORT_EVERY_MS } from "../../src/server/close-stalled.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";

function setUp(closedEachTime: number): { clock: ManualClock; times: number[]; lines: unknown[]; stop: () => void } {
  const clock = manualClock();
  const times: number[] = [];
  const lines: unknown[] = [];
  const close = (nowMs: number): number => {
    times.push(nowMs);
    return closedEachTime;
  };
  const stop = closeStalledRegularly(close, clock, (level, event, { closed }) => lines.push([level, event, closed]));
  return { clock, times, lines, stop };
}

test("closeStalledRegularly: closes every 100 ms, until it is stopped", () => {
  const { clock, times, lines, stop } = setUp(0);
  const startMs = clock.nowMs();
  clock.advance(3 * CLOSE_STALLED_EVERY_MS);
  assertEquals(
    times,
    [1, 2, 3].map((n) => startMs + n * CLOSE_STALLED_EVERY_MS),
  );
  stop();
  clock.advance(REPORT_EVERY_MS);
  assertEquals([times.length, lines], [3, []]);
});

test("closeStalledRegularly: reports at once, then the sum every 10 s", () => {
  const { clock, lines } = setUp(2);
  clock.advance(CLOSE_STALLED_EVERY_MS);
  assertEquals(lines, [["warning", "connections.stalled", 2]]);
  clock.advance(REPORT_EVERY_MS);
  const sum = (2 * REPORT_EVERY_MS) / CLOSE_STALLED_EVERY_MS;
  assertEquals(lines[1], ["warning", "connections.stalled", sum]);
  assertEquals(lines.length, 2);
});
