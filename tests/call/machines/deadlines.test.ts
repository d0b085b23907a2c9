// Deadlines: set, moved and cleared; which is the earliest, and which have passed.

import { test } from "bun:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  type Deadlines,
  dueDeadlines,
  earliestDeadline,
  isDue,
  withDeadline,
  withoutDeadlines,
} from "../../../src/call/machines/deadlines.ts";

const waits: Deadlines = { reply: 30, start: 10, gap: 20 };

test("withDeadline: replaces the earlier value and leaves the others", () =>
  assertEquals(withDeadline(waits, "start", 40), { reply: 30, start: 40, gap: 20 }));

test("withoutDeadlines: clearing what is not set changes nothing", () => {
  assertEquals(withoutDeadlines(waits, ["start", "after"]), { reply: 30, gap: 20 });
  assertStrictEquals(withoutDeadlines(waits, ["after", "redial"]), waits);
});

const earliest: readonly (readonly [Deadlines, number | undefined])[] = [
  [{}, undefined],
  [waits, 10],
  [{ after: 0 }, 0],
];
for (const [deadlines, atMs] of earliest) {
  test(`earliestDeadline: of ${JSON.stringify(deadlines)} is ${atMs}`, () => assertEquals(earliestDeadline(deadlines), atMs));
}

const due: readonly (readonly [number, readonly string[]])[] = [
  [9, []],
  [10, ["start"]],
  [29.9, ["start", "gap"]],
  [30, ["start", "gap", "reply"]],
];
for (const [atMs, names] of due) {
  test(`dueDeadlines: at ${atMs}, earliest first: ${names.join()}`, () =>
    assertEquals<readonly string[]>(dueDeadlines(waits, atMs), names));
}

test("isDue: at its time, not before, and never when not set", () => {
  assertEquals([isDue(waits, "gap", 19), isDue(waits, "gap", 20), isDue(waits, "after", 99)], [false, true, false]);
});
