// The bound of the queue: what a call can do without is dropped first, and counted.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { MAX_BATCH, MAX_QUEUED, MAX_QUEUED_CHARS, WriteQueue } from "../../../src/adapters/store/write-queue.ts";
import { began, ended, turned } from "./writes.ts";

test("WriteQueue: in order, and no more in one batch than a transaction takes", () => {
  const queue = new WriteQueue();
  for (let index = 0; index < MAX_BATCH + 1; index += 1) queue.add(turned("CA1", index, "", ""));
  const [first, second] = [queue.take(), queue.take()];
  assertEquals([first.length, second.length, queue.length], [MAX_BATCH, 1, 0]);
  assertEquals(second[0], turned("CA1", MAX_BATCH, "", ""));
});

test("WriteQueue: full: a turn is dropped and counted; the end of a call pushes turns out", () => {
  const queue = new WriteQueue();
  queue.add(began("CA1"));
  for (let index = 1; index < MAX_QUEUED; index += 1) queue.add(turned("CA1", index, "", ""));
  queue.add(turned("CA1", MAX_QUEUED, "", ""));
  assertEquals([queue.length, queue.dropped], [MAX_QUEUED, 1]);
  queue.add(ended("CA1"));
  assertEquals([queue.take(), queue.dropped], [[began("CA1"), ended("CA1")], MAX_QUEUED]);
  assertEquals([queue.takeDropped(), queue.dropped], [MAX_QUEUED, 0]);
});

test("WriteQueue: full of what cannot be dropped: the newest is", () => {
  const queue = new WriteQueue();
  for (let index = 0; index < MAX_QUEUED; index += 1) queue.add(began(`CA${index}`));
  queue.add(ended("CA0"));
  assertEquals([queue.length, queue.dropped], [MAX_QUEUED, 1]);
});

test("WriteQueue: long texts fill it too, and make room when they leave", () => {
  const queue = new WriteQueue();
  const long = "x".repeat(MAX_QUEUED_CHARS / 2);
  queue.add(turned("CA1", 0, long, ""));
  queue.add(turned("CA1", 1, long, ""));
  assertEquals([queue.length, queue.dropped], [1, 1]);
  queue.take();
  queue.add(turned("CA1", 1, long, ""));
  assertEquals(queue.length, 1);
});
