// The schema of `--json`, as docs/reports.md describes it: every tool's real output is tested against it, by that
// tool's own test.

import * as z from "zod";
import { LEVELS } from "../../src/report/finding.ts";

export const findingSchema = z.strictObject({
  id: z.string().regex(/^[a-z]+[\w.-]*$/),
  stage: z.string().regex(/^[a-z]+$/),
  level: z.enum(LEVELS),
  ok: z.boolean().nullable(),
  requirement: z.string().endsWith("."),
  expected: z.string().min(1),
  actual: z.string(),
  source: z.string().min(1),
  cause: z.string().nullable(),
  twilioError: z.int().nullable(),
  fix: z.string().min(1).nullable(),
  stackFixes: z.record(z.string(), z.string()),
  evidence: z.array(z.string()),
  ms: z.number().nonnegative().nullable(),
});

export const doctorFieldsSchema = z.strictObject({
  ok: z.boolean().nullable(),
  target: z.string(),
  verdict: z.string(),
  cause: z.string(),
  stage: z.string(),
  callerHears: z.string(),
  security: z.array(z.string()),
  twilioError: z.int().nullable(),
  fix: z.string(),
  stackFixes: z.record(z.string(), z.string()),
});

const durationSchema = z.strictObject({
  count: z.int().positive(),
  minMs: z.number().nonnegative(),
  meanMs: z.number().nonnegative(),
  p50Ms: z.number().nonnegative(),
  p90Ms: z.number().nonnegative(),
  p95Ms: z.number().nonnegative(),
  p99Ms: z.number().nonnegative(),
  p999Ms: z.number().nonnegative(),
  maxMs: z.number().nonnegative(),
});

export const loadFieldsSchema = z.strictObject({
  target: z.string(),
  calls: z.int(),
  peakCalls: z.int(),
  callSeconds: z.number(),
  framesSent: z.int(),
  echoCalls: z.int(),
  durations: z.record(z.string(), durationSchema.nullable()),
  histogram: z.strictObject({ of: z.string(), rows: z.array(z.strictObject({ fromMs: z.number(), count: z.int() })) }).nullable(),
  counts: z.record(z.string(), z.strictObject({ count: z.int(), of: z.int() })),
  reasons: z.array(z.strictObject({ what: z.string(), count: z.int() })),
  server: z
    .strictObject({
      pid: z.int(),
      userMsPerCallSecond: z.number(),
      systemMsPerCallSecond: z.number(),
      coreShare: z.number(),
      idleBytes: z.number(),
      peakBytes: z.number(),
      bytesPerCall: z.number(),
    })
    .nullable(),
  meterCoreShare: z.number(),
  ramp: z
    .strictObject({
      sustainedCalls: z.int().nullable(),
      steps: z.array(z.strictObject({ calls: z.int(), verdict: z.enum(["sustained", "broken", "meter"]), why: z.string().nullable() })),
    })
    .nullable(),
});

const reportFields = {
  schema: z.literal(1),
  version: z.string(),
  runtime: z.string(),
  startedAt: z.iso.datetime(),
  durationMs: z.number().nonnegative(),
  ok: z.boolean().nullable(),
  exitCode: z.literal([0, 1, 3]),
  checks: z.array(findingSchema).min(1),
};

export const reportSchema = z.discriminatedUnion("tool", [
  z.strictObject({ ...reportFields, tool: z.literal("selftest") }),
  z.strictObject({ ...reportFields, tool: z.literal("check") }),
  z.strictObject({ ...reportFields, ...doctorFieldsSchema.shape, tool: z.literal("doctor") }),
  z.strictObject({ ...reportFields, ...loadFieldsSchema.shape, tool: z.literal("load") }),
]);

export type ReportJson = z.infer<typeof reportSchema>;

/** Throws, naming the field, when `text` is not one line with a report. */
export function parseReport(text: string): ReportJson {
  if (text.indexOf("\n") !== text.length - 1) throw new Error("expected one line");
  return reportSchema.parse(JSON.parse(text));
}
