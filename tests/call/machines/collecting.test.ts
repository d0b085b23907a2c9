// Digits, key by key.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import {
  hidesKeys,
  isDigitTooMany,
  isLateKey,
  LATE_KEYS_MS,
  mutesCaller,
  type OpenCollecting,
  TONE_REST_MS,
  takeKey,
} from "../../../src/call/machines/collecting.ts";
import { pin } from "../any-event.ts";

const open: OpenCollecting = { state: "open", callId: "c1", kind: pin, max: 3, digits: "", keyAtMs: undefined };

function typed(keys: string, from = open) {
  const taken = { collecting: from, isComplete: false };
  return [...keys].reduce((last, key, index) => takeKey(last.collecting, key, index), taken);
}

test("takeKey: complete with the last digit, or with the key that ends them, which is not one of them", () => {
  assertEquals([typed("12").isComplete, typed("123").isComplete, typed("1#").isComplete], [false, true, true]);
  assertEquals([typed("123").collecting.digits, typed("1#").collecting.digits], ["123", "1"]);
});

test("takeKey: without a terminator, # is a digit", () => {
  assertEquals(typed("1#", { ...open, kind: { ...pin, terminator: undefined } }).collecting.digits, "1#");
});

test("isLateKey: of masked digits every key soon after, of others the one that ends them", () => {
  const closed = { state: "closed", kind: pin, atMs: 100 - LATE_KEYS_MS } as const;
  const plain = { ...closed, kind: { ...pin, isMasked: false } };
  assertEquals([isLateKey(closed, "5", 99), isLateKey(closed, "5", 100)], [true, false]);
  assertEquals([isLateKey(plain, "5", 99), isLateKey(plain, "#", 99)], [false, true]);
  assertEquals([isLateKey(open, "#", 0), isLateKey(undefined, "#", 0)], [false, false]);
});

test("hidesKeys: while masked digits are typed, and soon after", () => {
  assertEquals(
    [hidesKeys(open, 1e9), hidesKeys({ ...open, kind: { ...pin, isMasked: false } }, 0), hidesKeys(undefined, 0)],
    [true, false, false],
  );
  const closed = { state: "closed", kind: pin, atMs: 100 - LATE_KEYS_MS } as const;
  assertEquals([hidesKeys(closed, 99), hidesKeys(closed, 100)], [true, false]);
});

test("isDigitTooMany: only soon after the last digit", () => {
  const closed = { state: "closed", kind: pin, atMs: 100 - LATE_KEYS_MS } as const;
  assertEquals(
    [isDigitTooMany(closed, 99), isDigitTooMany(closed, 100), isDigitTooMany(open, 0), isDigitTooMany(undefined, 0)],
    [true, false, false, false],
  );
});

test("mutesCaller: while masked digits are typed, from the first key on, and while the last tone may still sound", () => {
  const typing = takeKey(open, "1", 5).collecting;
  const plain = { ...typing, kind: { ...pin, isMasked: false } };
  assertEquals(
    [open, typing, plain, undefined].map((one) => mutesCaller(one, 10)),
    [false, true, false, false],
  );
  const closed = { state: "closed", kind: pin, atMs: 100 } as const;
  assertEquals([mutesCaller(closed, 99 + TONE_REST_MS), mutesCaller(closed, 100 + TONE_REST_MS)], [true, false]);
});
