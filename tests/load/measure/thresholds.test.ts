// Thresholds: what can be written, what is refused with which hint, and when one fails.

import { test } from "bun:test";
import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { judgeThreshold, readThreshold, shownValue, type Threshold } from "../../../src/load/measure/thresholds.ts";
import { checkProperty } from "../../support/properties.ts";
import { madeResult } from "../made.ts";

const read = (text: string): Threshold => {
  const threshold = readThreshold(text);
  if ("bad" in threshold) throw new Error(threshold.bad);
  return threshold;
};

for (const [text, limit] of [
  ["first_audio_p95>800ms", 800],
  ["first_audio_p95 > 0.8 s", 800],
  ["frame_p999>=250us", 0.25],
  ["turn_avg>1200", 1_200],
  ["to_model_max>5ms", 5],
  ["lost>0.1%", 0.001],
  ["crosstalk>0", 0],
  ["cpu>4ms", 4],
  ["memory>200MB", 200_000_000],
  ["memory_per_call>=400kB", 400_000],
] as const) {
  test(`readThreshold: ${text}`, () => {
    assertEquals([read(text).limit, read(text).text], [limit, text]);
  });
}

for (const [text, problem, hint] of [
  ["first_audio", /expected a name, a comparison and a value/, /first_audio_p95>800ms/],
  ["first_audio>800ms", /"first_audio" needs a statistic/, /first_audio_p95/],
  ["first_audio_p42>800ms", /"p42" is not a statistic/, /p95/],
  ["firstaudio_p95>800ms", /there is no "firstaudio_p95"/, /first_audio_p95/],
  ["lost>5ms", /"ms" is not a unit of lost/, /lost>0\.1%/],
  ["turn_p95>5%", /"%" is not a unit/, /ms or s/],
  ["memory>200", /no unit/, /MB/],
  ["turn_p95==5ms", /expected a name/, /first_audio/],
  ["turn_p95>-5ms", /expected a name/, /first_audio/],
  ["__proto___p95>5ms", /there is no/, /first_audio/],
] as const) {
  test(`readThreshold: ${text} is refused with a hint`, () => {
    const threshold = readThreshold(text);
    if (!("bad" in threshold)) throw new Error("it was read");
    assertMatch(threshold.bad, problem);
    assertMatch(threshold.hint, hint);
  });
}

test("readThreshold: any text is read or refused", () => {
  checkProperty(
    fc.property(fc.string(), (text) => {
      const threshold = readThreshold(text);
      if ("bad" in threshold) assertEquals([threshold.bad.includes("--fail-on"), threshold.hint === ""], [true, false]);
    }),
  );
});

const result = madeResult({
  durations: { turn: [500, 700], first_audio: [] },
  counts: { lost: { count: 1, of: 200 }, crosstalk: { count: 0, of: 0 } },
  target: {
    pid: 1,
    userMsPerCallSecond: 3,
    systemMsPerCallSecond: 1,
    coreShare: 0.5,
    idleBytes: 0,
    peakBytes: 2_000_000,
    bytesPerCall: 1_000,
  },
});

for (const [text, failed, shown] of [
  ["turn_max>699ms", true, "700.0 ms"],
  ["turn_max>700ms", false, "700.0 ms"],
  ["turn_max>=700ms", true, "700.0 ms"],
  ["turn_min<500ms", false, "500.0 ms"],
  ["turn_min<=500ms", true, "500.0 ms"],
  ["lost>0.4%", true, "0.50%"],
  ["lost>0.5%", false, "0.50%"],
  ["lost>0", true, "1"],
  ["cpu>3.9ms", true, "4.00 ms"],
  ["memory>2MB", false, "2.0 MB"],
  ["memory_per_call>1kB", false, "1 kB"],
] as const) {
  test(`judgeThreshold: ${text} ${failed ? "fails" : "holds"} at ${shown}`, () => {
    const judged = judgeThreshold(read(text), result);
    assertEquals([judged.failed, shownValue(judged.threshold.measure, judged.value ?? Number.NaN)], [failed, shown]);
  });
}

for (const text of ["first_audio_p95>800ms", "crosstalk>0"]) {
  test(`judgeThreshold: ${text} fails when nothing was measured`, () => {
    assertEquals(judgeThreshold(read(text), result), { threshold: read(text), failed: true, value: undefined });
  });
}
