// Digits of voice.toml: their defaults. Mistakes: mistakes/digits-*.txt.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { digitsOf } from "../../../src/config/agents/digits.ts";

const any = { name: "digits", max: 32, min: 1, terminator: "#", timeoutMs: 5_000, isMasked: false };

test("digitsOf: nothing without collect_digits, and any digits when the agent names none", () => {
  assertEquals(digitsOf(undefined, ["hang_up"]), []);
  assertEquals(digitsOf(undefined, ["collect_digits"]), [any]);
});

test("digitsOf: each kind with its defaults", () => {
  const kinds = digitsOf({ account: {}, pin: { max: 4, min: 4, terminator: "none", timeout_s: 8, masked: true } }, ["collect_digits"]);
  assertEquals(kinds, [
    { ...any, name: "account" },
    { name: "pin", max: 4, min: 4, terminator: undefined, timeoutMs: 8_000, isMasked: true },
  ]);
});
