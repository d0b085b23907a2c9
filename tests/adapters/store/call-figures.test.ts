// The calls of a time in a few numbers.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { callFigures } from "../../../src/adapters/store/call-figures.ts";
import { withDatabase } from "./scratch.ts";
import { began, ended, START_MS, turned } from "./writes.ts";

test("callFigures: sums, the 95th percentile of the answers, and why calls ended", () => {
  const answers = Array.from({ length: 20 }, (_, index) => turned("CA1", index, "", "", { latencyMs: 100 * (index + 1) }));
  const calls = [
    began("CA0", { atMs: START_MS - 1 }),
    began("CA1"),
    ...answers,
    ended("CA1", { startedAtMs: START_MS, endedAtMs: START_MS + 60_000, costUsd: undefined }),
    began("CA2"),
    ended("CA2", {
      startedAtMs: START_MS,
      endedAtMs: START_MS + 5_000,
      end: { by: "model", cause: "modelRefused" },
      fallback: "apology",
      costUsd: 0.25,
    }),
    began("CA3"),
    ended("CA3", { startedAtMs: undefined, costUsd: undefined, fallback: "transferred", end: { by: "model", cause: "modelRefused" } }),
    began("CA4"),
  ];
  withDatabase(calls, (db) =>
    assertEquals(callFigures(db, START_MS), {
      calls: 4,
      talkMs: 65_000,
      transferred: 1,
      apologies: 1,
      costUsd: 0.25,
      latencyP95Ms: 1_900,
      causes: [
        { by: "model", cause: "modelRefused", calls: 2 },
        { by: "caller", cause: "hangup", calls: 1 },
      ],
    }),
  );
});

test("callFigures: no calls", () => {
  withDatabase([], (db) =>
    assertEquals(callFigures(db, 0), { calls: 0, talkMs: 0, transferred: 0, apologies: 0, costUsd: 0, latencyP95Ms: null, causes: [] }),
  );
});
