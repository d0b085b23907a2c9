// The patient clock: order, pace, and what happens when the machine is late.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { patientClock } from "./patient-clock.ts";

test("patientClock: timers fire in order of time, once each, and never when cancelled", async () => {
  const clock = patientClock(100);
  const fired: string[] = [];
  clock.after(200, () => void fired.push("late"));
  clock.after(100, () => void fired.push("soon"));
  clock.after(150, () => void fired.push("cancelled"))();
  await clock.pass(300);
  assertEquals([fired, clock.pending], [["soon", "late"], 0]);
});

test("patientClock: a blocked event loop does not advance it", async () => {
  const clock = patientClock(100);
  await clock.pass(10);
  const beforeMs = clock.nowMs();
  const untilMs = performance.now() + 30; // 3,000 ms of the clock's, were it not patient
  while (performance.now() < untilMs);
  assertEquals(clock.nowMs(), beforeMs);
  await clock.pass(1);
  assert(clock.nowMs() - beforeMs <= 80, `${clock.nowMs() - beforeMs} ms`);
});
