// Loss, repetition and order, against a plain count of what a relay did.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { FrameAccount, REMEMBERED_FRAMES, UNDECIDED_MS } from "../../../src/load/measure/frame-account.ts";
import { checkProperty } from "../../support/properties.ts";

const FRAME_MS = 20;

/** An account of `count` loud frames of one spurt, sent every 20 ms from 0. */
function sent(count: number, spurtOf: (frame: number) => number = () => 0, isLoud: (frame: number) => boolean = () => true): FrameAccount {
  const account = new FrameAccount();
  for (let frame = 0; frame < count; frame++) account.sent(frame, spurtOf(frame), isLoud(frame), frame * FRAME_MS);
  return account;
}

const lateMs = 1_000_000;

test("FrameAccount: latency is from sending to arrival", () => {
  assertEquals(sent(5).arrived(3, 67), { type: "first", latencyMs: 7, spurt: 0 });
});

test("FrameAccount: holes within a spurt are lost; its beginning and end may be left out", () => {
  const account = sent(100);
  for (let frame = 10; frame < 50; frame++) if (frame % 10 !== 5) account.arrived(frame, 5_000);
  assertEquals(account.counts(lateMs, false), { expected: 40, lost: 4, duplicated: 0, reordered: 0 });
});

test("FrameAccount: nothing between two spurts is lost", () => {
  const account = sent(100, (frame) => Math.floor(frame / 50));
  for (const frame of [10, 11, 12, 60, 61]) account.arrived(frame, 5_000);
  assertEquals(account.counts(lateMs, false).lost, 0);
});

test("FrameAccount: silence is never lost", () => {
  const account = sent(
    100,
    () => 0,
    (frame) => frame < 20 || frame > 80,
  );
  for (const frame of [19, 81]) account.arrived(frame, 5_000);
  assertEquals(account.counts(lateMs, false), { expected: 2, lost: 0, duplicated: 0, reordered: 0 });
});

test("FrameAccount: a server that passes on everything has lost the end, except for what may be on its way", () => {
  const account = sent(200);
  for (let frame = 0; frame < 50; frame++) account.arrived(frame, frame * FRAME_MS + 3);
  const nowMs = 199 * FRAME_MS;
  const onItsWay = UNDECIDED_MS / FRAME_MS;
  assertEquals(account.counts(nowMs, true).lost, 150 - onItsWay);
  assertEquals(account.counts(nowMs, false).lost, 0);
});

test("FrameAccount: a slow server has as long again as its slowest frame took", () => {
  const account = sent(200);
  for (let frame = 0; frame < 50; frame++) account.arrived(frame, frame * FRAME_MS + 4_000);
  assertEquals(account.counts(199 * FRAME_MS, true).lost, 0);
});

test("FrameAccount: what arrived late was not lost; before the first or between others", () => {
  const account = sent(10);
  for (const frame of [3, 5, 4, 1, 2]) account.arrived(frame, 500);
  assertEquals(account.counts(lateMs, false), { expected: 5, lost: 0, duplicated: 0, reordered: 3 });
});

test("FrameAccount: frames that were never sent, or too long ago, are unknown", () => {
  const account = sent(REMEMBERED_FRAMES + 1);
  assertEquals(
    [0, 1, REMEMBERED_FRAMES + 1].map((frame) => account.arrived(frame, lateMs).type),
    ["unknown", "first", "unknown"],
  );
});

test("FrameAccount: has nothing before anything arrived", () => {
  const account = sent(5);
  assertEquals([account.hasArrivals, account.counts(lateMs, false).expected], [false, 0]);
});

test("FrameAccount: any relay that drops, repeats and reorders is counted exactly", () => {
  const actions = fc.array(fc.constantFrom("pass", "drop", "repeat", "swap"), { minLength: 2, maxLength: 200 });
  checkProperty(
    fc.property(actions, (relay) => {
      const account = sent(relay.length);
      const arrivals: number[] = [];
      for (let frame = 0; frame < relay.length; frame++) {
        if (relay[frame] === "drop") continue;
        arrivals.push(frame);
        if (relay[frame] === "repeat") arrivals.push(frame);
        const last = arrivals.length - 1;
        const before = arrivals[last - 1];
        if (relay[frame] === "swap" && before !== undefined && before < frame) {
          [arrivals[last - 1], arrivals[last]] = [frame, before];
        }
      }
      for (const frame of arrivals) account.arrived(frame, lateMs);
      const unique = new Set(arrivals);
      const [first, last] = [Math.min(...unique), Math.max(...unique)];
      const inside = relay.filter((action, frame) => action === "drop" && frame > first && frame < last).length;
      const seen = new Set<number>();
      let [highest, late] = [-1, 0];
      for (const frame of arrivals) {
        if (!seen.has(frame) && frame < highest) late += 1;
        seen.add(frame);
        highest = Math.max(highest, frame);
      }
      const expected = { expected: unique.size + inside, lost: inside, duplicated: arrivals.length - unique.size, reordered: late };
      assertEquals(account.counts(lateMs, false), unique.size === 0 ? { ...expected, expected: 0, lost: 0 } : expected);
    }),
  );
});
