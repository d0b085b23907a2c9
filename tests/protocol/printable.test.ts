// Characters that give orders, that reorder, and that show nothing; and text that must stay as it is.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { printable, printableColored } from "../../src/protocol/printable.ts";
import { checkProperty } from "../support/properties.ts";

const table: readonly [name: string, text: string, shown: string][] = [
  ["a bidirectional override", "a\u{202e}b", "a\\u202eb"],
  ["a bidirectional isolate", "\u{2066}a\u{2069}", "\\u2066a\\u2069"],
  ["right-to-left and left-to-right marks", "\u{200e}\u{200f}\u{61c}", "\\u200e\\u200f\\u061c"],
  ["a terminal's escape", "\u{1b}[2J\u{9b}1m", "\\u001b[2J\\u009b1m"],
  ["bell, backspace, carriage return, delete", "\u{7}\b\r\u{7f}", "\\u0007\\u0008\\u000d\\u007f"],
  ["zero-width characters", "\u{200b}\u{200d}\u{feff}\u{2060}\u{ad}", "\\u200b\\u200d\\ufeff\\u2060\\u00ad"],
  ["tag characters", "\u{e0041}", "\\udb40\\udc41"],
  ["variation selectors and fillers", "\u{fe0f}\u{3164}", "\\ufe0f\\u3164"],
  ["line separators", "\u{2028}\u{2029}\u{85}", "\\u2028\\u2029\\u0085"],
  ["private use", "\u{e000}\u{f0000}", "\\ue000\\udb80\\udc00"],
  ["half a pair", "\ud800a", "\\ud800a"],
  ["a character that is none", "\u{ffff}", "\\uffff"],
];
for (const [name, text, shown] of table) test(`printable: ${name} is escaped`, () => assertEquals(printable(text), shown));

test("printable: letters of all scripts, emoji, line feeds and tabs stay", () => {
  const text = "Grüße, мир, שלום, مرحبا, 你好, 👍 ✓ …\n\ta";
  assertEquals(printable(text), text);
});

test("printable: a JSON text means the same afterwards, and a second time changes nothing", () => {
  checkProperty(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const once = printable(JSON.stringify({ text }));
      assertEquals(JSON.parse(once), { text });
      assertEquals(printable(once), once);
    }),
  );
});

test("printableColored: colours stay, and no other order does", () => {
  assertEquals(printableColored("\u{1b}[31ma\u{1b}[0m\u{1b}[2Jb\u{202e}"), "\u{1b}[31ma\u{1b}[0m\\u001b[2Jb\\u202e");
});
