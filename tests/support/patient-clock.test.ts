// The patient clock: its order, its pace, and what it does when the machine is late.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { patientClock } from "./patient-clock.ts";

test("patientClock: timers ring in the order of their times, each once, those called off never", async () => {
  const clock = patientClock(100);
  const rung: string[] = [];
  clock.after(200, () => void rung.push("late"));
  clock.after(100, () => void rung.push("soon"));
  clock.after(150, () => void rung.push("called off"))();
  await clock.pass(300);
  assertEquals([rung, clock.pending], [["soon", "late"], 0]);
});

test("patientClock: a machine that is held up does not move it", async () => {
  const clock = patientClock(100);
  await clock.pass(10);
  const beforeMs = clock.nowMs();
  const untilMs = performance.now() + 30; // 3,000 ms of the clock's, were it not patient
  while (performance.now() < untilMs);
  assertEquals(clock.nowMs(), beforeMs);
  await clock.pass(1);
  assert(clock.nowMs() - beforeMs <= 80, `${clock.nowMs() - beforeMs} ms`);
});
