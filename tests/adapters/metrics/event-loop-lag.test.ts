// The probe of the event loop, on a clock that the test moves.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { EventLoopLag, PROBE_MS, SCRAPED_RECENTLY_MS } from "../../../src/adapters/metrics/event-loop-lag.ts";
import type { Clock } from "../../../src/call/ports.ts";
import { manualClock } from "../../support/manual-clock.ts";

/** How many probes there were, and how many of them were at most 20 ms late. */
function counts(lag: EventLoopLag): readonly (number | undefined)[] {
  const family = lag.scraped();
  if (family.type !== "histogram") throw new Error("not a histogram");
  const cumulative = family.buckets.cumulative();
  return [cumulative.at(-1), cumulative[family.buckets.bounds.indexOf(0.02)]];
}

test("EventLoopLag: before the first scrape there is no timer, and after it one", () => {
  const clock = manualClock();
  const lag = new EventLoopLag(clock);
  assertEquals(clock.pending, 0);
  lag.scraped();
  lag.scraped();
  assertEquals(clock.pending, 1);
  lag.stop();
  assertEquals(clock.pending, 0);
});

test("EventLoopLag: a timer that fires late is counted as late", () => {
  const manual = manualClock();
  let stalledMs = 0;
  const clock: Clock = { nowMs: () => manual.nowMs() + stalledMs, after: manual.after };
  const lag = new EventLoopLag(clock);
  lag.scraped();
  manual.advance(3 * PROBE_MS);
  stalledMs = 400;
  manual.advance(PROBE_MS);
  assertEquals(counts(lag), [4, 3]);
});

test("EventLoopLag: probing stops a while after the last scrape, and the next scrape starts it again", () => {
  const clock = manualClock();
  const lag = new EventLoopLag(clock);
  lag.scraped();
  clock.advance(SCRAPED_RECENTLY_MS - PROBE_MS);
  assertEquals(clock.pending, 1);
  clock.advance(PROBE_MS);
  assertEquals(clock.pending, 0);
  assertEquals(counts(lag), [SCRAPED_RECENTLY_MS / PROBE_MS, SCRAPED_RECENTLY_MS / PROBE_MS]);
  assertEquals(clock.pending, 1);
});
