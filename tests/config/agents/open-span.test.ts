// Opening hours as they are written in voice.toml.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import type { OpenSpan } from "../../../src/config/agents/agent.ts";
import { openSpan } from "../../../src/config/agents/open-span.ts";

const good: readonly [text: string, span: OpenSpan][] = [
  ["Mon-Fri 09:00-17:00", { days: [1, 2, 3, 4, 5], fromMinute: 540, toMinute: 1_020 }],
  ["mon 9:00 - 17:30", { days: [1], fromMinute: 540, toMinute: 1_050 }],
  ["Sat, Sun 10:00-14:00", { days: [6, 7], fromMinute: 600, toMinute: 840 }],
  ["Monday-Wednesday,Friday 00:00-24:00", { days: [1, 2, 3, 5], fromMinute: 0, toMinute: 1_440 }],
  ["Sat-Mon 22:00-02:00", { days: [1, 6, 7], fromMinute: 1_320, toMinute: 120 }],
];
for (const [text, span] of good) test(`openSpan: ${text}`, () => assertEquals(openSpan(text), span));

for (const text of [
  "",
  "09:00-17:00",
  "Mon",
  "Mon 9-17",
  "Mon 09:00",
  "Mo-Fri 09:00-17:00",
  "Mon-Fri-Sun 09:00-17:00",
  "Mon 09:60-17:00",
  "Mon 09:00-24:01",
  "Mon 09:00-09:00",
  "Mon, 09:00-17:00",
]) {
  test(`openSpan: "${text}" is a mistake`, () => assert("expected" in openSpan(text)));
}
