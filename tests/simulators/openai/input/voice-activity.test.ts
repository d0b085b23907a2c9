// Voice activity detection, window by window.

import { test } from "bun:test";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { judgeWindow, MAX_TURN_MS, QUIET, thresholdDbfs, WINDOW_MS } from "../../../../src/simulators/openai/input/voice-activity.ts";

/** Judges windows, "#" loud and "." quiet. Returns the changes with the number of their window. */
function changes(windows: string, silenceMs = 100): string[] {
  let activity = QUIET;
  return [...windows].flatMap((window, index) => {
    const heard = judgeWindow(activity, window === "#", silenceMs);
    activity = heard.activity;
    return heard.change === undefined ? [] : [`${heard.change} ${index}`];
  });
}

const cases: readonly (readonly [what: string, windows: string, expected: readonly string[]])[] = [
  ["silence is not a turn", "..........", []],
  ["a click is not a turn", "..##..##..", []],
  ["60 ms of loudness are a turn", "..###", ["started 4"]],
  ["a short pause is within the turn", "###....###.....", ["started 2", "stopped 14"]],
  ["the silence must be continuous", "###...#...#....", ["started 2"]],
  ["one turn after another", "###.....###.....", ["started 2", "stopped 7", "started 10", "stopped 15"]],
];
for (const [what, windows, expected] of cases) {
  test(`judgeWindow: ${what}`, () => assertEquals(changes(windows), [...expected]));
}

test("judgeWindow: a turn without silence ends after a minute", () => {
  assertEquals(changes("#".repeat(MAX_TURN_MS / WINDOW_MS + 1)), ["started 2", `stopped ${MAX_TURN_MS / WINDOW_MS - 1}`]);
});

for (const [threshold, dbfs] of [
  [0, -60],
  [0.5, -35],
  [1, -10],
] as const) {
  test(`thresholdDbfs(${threshold})`, () => assertAlmostEquals(thresholdDbfs(threshold), dbfs));
}
