// A report as JSON: one object on one line, with the same fields for every tool (docs/reports.md). Pure.

import type { Finding, Report } from "./finding.ts";

/** Changes when a field is renamed or removed, or changes its meaning; not when one is added. */
export const SCHEMA = 1;

/** `section` is the tool's own part, under the tool's name. */
export function jsonReport(report: Report, section?: Readonly<Record<string, unknown>>): string {
  const { tool, version, runtime, startedAt, durationMs, exitCode, findings } = report;
  return `${JSON.stringify({
    schema: SCHEMA,
    tool,
    version,
    runtime,
    startedAt,
    durationMs,
    ok: exitCode === 0,
    exitCode,
    findings: findings.map(jsonFinding),
    ...(section === undefined ? {} : { [tool]: section }),
  })}\n`;
}

/** Every field, null where there is nothing to say, so that a reader needs no second shape. */
function jsonFinding(finding: Finding): Readonly<Record<string, unknown>> {
  return {
    id: finding.id,
    stage: finding.stage,
    level: finding.level,
    requirement: finding.requirement,
    expected: finding.expected,
    actual: finding.actual,
    source: finding.source,
    cause: finding.cause ?? null,
    twilioCode: finding.twilioCode ?? null,
    fix: finding.fix?.text ?? null,
    stackFixes: finding.fix?.stacks ?? {},
    evidence: finding.evidence ?? [],
    ms: finding.ms ?? null,
  };
}
