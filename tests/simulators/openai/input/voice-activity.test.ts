// Voice detection, window by window: what is loud for long enough is speech, what is quiet for long enough ends it.

import { test } from "bun:test";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { judgeWindow, MAX_TURN_MS, QUIET, thresholdDbfs, WINDOW_MS } from "../../../../src/simulators/openai/input/voice-activity.ts";

/** Hears windows, "#" loud and "." quiet; gives the changes with the window's number. */
function changes(windows: string, silenceMs = 100): string[] {
  let activity = QUIET;
  return [...windows].flatMap((window, index) => {
    const heard = judgeWindow(activity, window === "#", silenceMs);
    activity = heard.activity;
    return heard.change === undefined ? [] : [`${heard.change} ${index}`];
  });
}

const cases: readonly (readonly [what: string, windows: string, expected: readonly string[]])[] = [
  ["silence is no turn", "..........", []],
  ["a click is none", "..##..##..", []],
  ["60 ms are", "..###", ["started 4"]],
  ["a short pause is within the turn", "###....###.....", ["started 2", "stopped 14"]],
  ["the silence has to be in one piece", "###...#...#....", ["started 2"]],
  ["a turn may follow a turn", "###.....###.....", ["started 2", "stopped 7", "started 10", "stopped 15"]],
];
for (const [what, windows, expected] of cases) {
  test(`judgeWindow: ${what}`, () => assertEquals(changes(windows), [...expected]));
}

test("judgeWindow: a turn that never falls silent is ended after a minute", () => {
  assertEquals(changes("#".repeat(MAX_TURN_MS / WINDOW_MS + 1)), ["started 2", `stopped ${MAX_TURN_MS / WINDOW_MS - 1}`]);
});

for (const [threshold, dbfs] of [
  [0, -60],
  [0.5, -35],
  [1, -10],
] as const) {
  test(`thresholdDbfs(${threshold})`, () => assertAlmostEquals(thresholdDbfs(threshold), dbfs));
}
