// History: who said what in which order, and what seeds a new session.

import { test } from "bun:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { addUtterance, HISTORY_MAX, type History, seedMessages, setHeardRatio, setText } from "../../../src/call/machines/history.ts";

const begun = addUtterance(addUtterance([], "user", "u1"), "assistant", "a1");

test("addUtterance: its place is where it began, whenever its transcript arrives", () => {
  const transcribed = setText(setText(begun, "a1", "We open at nine."), "u1", "When do you open?");
  assertEquals(seedMessages(transcribed), [
    { role: "user", text: "When do you open?" },
    { role: "assistant", text: "We open at nine." },
  ]);
});

test("addUtterance: an item begins once", () => assertStrictEquals(addUtterance(begun, "assistant", "a1"), begun));

test("setText: ignored for an item that never began", () => assertEquals(setText(begun, "a9", "Hello!"), begun));

test(`addUtterance: ${HISTORY_MAX} are kept, the newest`, () => {
  let history: History = [];
  for (let n = 0; n <= HISTORY_MAX; n++) history = addUtterance(history, "user", undefined, `${n}`);
  assertEquals([history.length, history[0]?.text, history.at(-1)?.text], [HISTORY_MAX, "1", `${HISTORY_MAX}`]);
});

const heard: readonly (readonly [number, string | undefined])[] = [
  [1, "one two three four"],
  [0.99, "one two three …"],
  [0.5, "one two …"],
  [0.25, "one …"],
  [0.24, undefined],
  [0, undefined],
];
for (const [share, text] of heard) {
  test(`seedMessages: of an item of which ${share} was heard, "${text}"`, () => {
    const history = setHeardRatio(setText(begun, "a1", "one two three four"), "a1", share);
    assertEquals(seedMessages(history), text === undefined ? [] : [{ role: "assistant", text }]);
  });
}
