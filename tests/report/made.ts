// A report made by hand: all is well, but for what a test names.

import type { Finding, Level, Report } from "../../src/report/finding.ts";

export function madeReport(fields: Partial<Report> = {}): Report {
  return {
    tool: "selftest",
    version: "1.2.3",
    runtime: "Bun 9",
    startedAt: "2026-12-01T00:00:00.000Z",
    durationMs: 3_210,
    exitCode: 0,
    findings: [],
    ...fields,
  };
}

export function madeFinding(id: string, level: Level, fields: Partial<Finding> = {}): Finding {
  return {
    id,
    stage: "media",
    level,
    requirement: `The requirement of ${id}.`,
    expected: 'a "b"',
    actual: "<c> & \u001b",
    source: "RFC 1",
    ms: 12,
    ...fields,
  };
}
