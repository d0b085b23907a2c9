// The frame of a report on a terminal: marks, colours, and text that cannot give the terminal orders.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { LEVELS } from "../../src/report/finding.ts";
import { markOf, oneLine, painter, screen } from "../../src/report/terminal.ts";
import { madeReport } from "./made.ts";

test("screen: the verdict first, what was run last", () => {
  const plain = painter(false);
  const text = screen(madeReport(), { verdict: "fine", color: "green", lines: ["a", "b"], about: ["https://a.example"] }, plain);
  assertEquals(text, "fine\n\na\nb\n\nvoice 1.2.3, Bun 9; https://a.example; 3.2 s\n");
});

test("painter: colours only when told so", () => {
  assertEquals(painter(true)("red", "a"), "\u001b[31ma\u001b[0m");
  assertEquals(painter(false)("red", "a"), "a");
});

test("markOf: each level has a mark of its own, readable without colour", () => {
  assertEquals(new Set(LEVELS.map((level) => markOf(level, painter(false)))).size, LEVELS.length);
});

test("screen: colours are the only orders to a terminal", () => {
  const lines = [painter(true)("red", "a"), "b\u{1b}[2J\u{202e}c"];
  const text = screen(madeReport(), { verdict: "fine\u{7}", color: "green", lines }, painter(false));
  assertEquals(text.split("\n").slice(0, 4), ["fine\\u0007", "", "\u001b[31ma\u001b[0m", "b\\u001b[2J\\u202ec"]);
});

test("oneLine: unprintable characters are escaped, long lines are cut", () => {
  assertEquals(oneLine("a\u001b[32m\r\nb\u{2028}c\u{202e}"), "a\\u001b[32m b c\\u202e");
  assertEquals(oneLine("abcdef", 4), "abc…");
});
