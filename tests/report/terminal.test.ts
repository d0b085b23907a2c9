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

test("oneLine: control characters go, long lines are cut", () => {
  assertEquals(oneLine("a\u001b[32m\r\nb"), "a [32m b");
  assertEquals(oneLine("abcdef", 4), "abc…");
});
