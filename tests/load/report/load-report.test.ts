// The JSON of a run keeps to the schema of docs/reports.md.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { loadFindings } from "../../../src/load/report/findings.ts";
import { loadJson } from "../../../src/load/report/load-report.ts";
import { madeReport } from "../../report/made.ts";
import { parseReport } from "../../report/schema.ts";
import { madeResult } from "../made.ts";

test("loadJson: a run has durations, counts and a distribution; what was not measured is null", () => {
  const result = madeResult({ durations: { turn: [500] } });
  const report = { ...madeReport({ tool: "load", findings: loadFindings(result, []) }), target: "http://a/", result, steps: undefined };
  const json = parseReport(loadJson(report));
  if (json.tool !== "load") throw new Error("another tool");
  assertEquals([json.durations["turn"]?.p50Ms, json.durations["frame"], json.server, json.ramp], [500, null, null, null]);
  assertEquals([json.counts["lost"], json.histogram?.of], [{ count: 0, of: 10 }, "turn"]);
});

test("loadJson: a ramp has its steps and the last number that was sustained", () => {
  const result = madeResult();
  const steps = [
    { calls: 10, verdict: { type: "sustained" } },
    { calls: 16, verdict: { type: "broken", what: "1 of 16 calls failed" } },
  ] as const;
  const json = parseReport(
    loadJson({ ...madeReport({ tool: "load", findings: loadFindings(result, []) }), target: "http://a/", result, steps }),
  );
  if (json.tool !== "load") throw new Error("another tool");
  assertEquals(json.ramp?.sustainedCalls, 10);
  assertEquals(json.ramp?.steps[1], { calls: 16, verdict: "broken", why: "1 of 16 calls failed" });
});
