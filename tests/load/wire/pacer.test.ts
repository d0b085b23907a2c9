// The pacer on a clock that the test sets: each call is stepped every 20 ms, at its own moment.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { Pacer } from "../../../src/load/wire/pacer.ts";
import { manualClock } from "../../support/manual-clock.ts";

test("Pacer: steps each call once in 20 ms, 1 ms after its moment", () => {
  const clock = manualClock(1_000);
  const pacer = new Pacer(clock);
  const steps: number[][] = [[], []];
  for (const [call, phaseMs] of [3, 17].entries()) pacer.add(1_000 + phaseMs, (nowMs) => void steps[call]?.push(nowMs));
  clock.advance(60);
  assertEquals(steps, [
    [1_004, 1_024, 1_044],
    [1_018, 1_038, 1_058],
  ]);
});

test("Pacer: a call that ends is not stepped again, also when it ends in its own step; no timer remains", () => {
  const clock = manualClock(0);
  const pacer = new Pacer(clock);
  let steps = 0;
  const stop = pacer.add(5, () => {
    steps += 1;
    stop();
  });
  const stopOther = pacer.add(5, () => {});
  clock.advance(100);
  stopOther();
  stop();
  clock.advance(100);
  assertEquals([steps, clock.pending], [1, 0]);
});

test("Pacer: after a long stall each call is stepped once, and catches up by itself", () => {
  const clock = manualClock(0);
  let stalledMs = 0;
  const pacer = new Pacer({ ...clock, nowMs: () => clock.nowMs() + stalledMs });
  const steps: number[] = [];
  pacer.add(5, (nowMs) => void steps.push(nowMs));
  stalledMs = 1_000;
  clock.advance(7);
  assertEquals(steps, [1_006]);
});
