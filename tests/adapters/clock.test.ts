// The real clock. The only tests that let time pass: a few milliseconds.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { realClock } from "../../src/adapters/clock.ts";

test("nowMs: whole milliseconds of the epoch, never decreasing", () => {
  const clock = realClock();
  const times = Array.from({ length: 10_000 }, () => clock.nowMs());
  assert(Math.abs((times[0] ?? 0) - Date.now()) < 1_000);
  assert(times.every((time, i) => Number.isInteger(time) && time >= (times[i - 1] ?? 0)));
});

test("nowMs: setting the system's time back does not affect it", () => {
  const clock = realClock();
  const before = clock.nowMs();
  const realNow = Date.now;
  Date.now = () => 0;
  try {
    assert(clock.nowMs() >= before);
  } finally {
    Date.now = realNow;
  }
});

test("after: calls back once, not early; a negative delay is zero", async () => {
  const clock = realClock();
  const before = clock.nowMs();
  const rang: string[] = [];
  clock.after(-5, () => rang.push("at once"));
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(20, resolve);
  await promise;
  assert(clock.nowMs() - before >= 19); // a runtime's timers are whole milliseconds of another clock
  assertEquals(rang, ["at once"]);
});

test("after: a cancelled callback does not run, and a delay beyond setTimeout's maximum does not run at once", async () => {
  const clock = realClock();
  const rang: string[] = [];
  clock.after(1, () => rang.push("called off"))();
  const callOff = clock.after(Number.MAX_SAFE_INTEGER, () => rang.push("far"));
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(10, resolve);
  await promise;
  callOff();
  assertEquals(rang, []);
});
