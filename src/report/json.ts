// A report as JSON: one object on one line, with the same fields for every tool (docs/reports.md). Pure.

import { printable } from "../protocol/printable.ts";
import type { Finding, Level, Report } from "./finding.ts";

/** Changes when a field is renamed or removed, or changes its meaning; not when one is added. */
export const SCHEMA = 1;

/** Whether the requirement is met; null: nothing is known. `info` and worse are failures of that level. */
const okOf: Readonly<Record<Level, boolean | null>> = {
  ok: true,
  info: false,
  warning: false,
  error: false,
  unreachable: null,
  untested: null,
};
/** Exit code 3 says that nothing was found wrong, but something could not be reached. */
const okByExitCode = { 0: true, 1: false, 2: false, 3: null } as const;

/** `own` are the tool's own fields beside the common ones; they may say better what `ok` is. */
export function jsonReport(report: Report, own: Readonly<Record<string, unknown>> = {}): string {
  const { tool, version, runtime, startedAt, durationMs, exitCode, findings } = report;
  const text = JSON.stringify({
    schema: SCHEMA,
    tool,
    version,
    runtime,
    startedAt,
    durationMs,
    ok: okByExitCode[exitCode],
    exitCode,
    ...own,
    checks: findings.map(jsonFinding),
  });
  return `${printable(text)}\n`;
}

/** Every field, null where there is nothing to say, so that a reader needs no second shape. */
function jsonFinding(finding: Finding): Readonly<Record<string, unknown>> {
  return {
    id: finding.id,
    stage: finding.stage,
    level: finding.level,
    ok: okOf[finding.level],
    requirement: finding.requirement,
    expected: finding.expected,
    actual: finding.actual,
    source: finding.source,
    cause: finding.cause ?? null,
    twilioError: finding.twilioCode ?? null,
    fix: finding.fix?.text ?? null,
    stackFixes: finding.fix?.stacks ?? {},
    evidence: finding.evidence ?? [],
    ms: finding.ms ?? null,
  };
}
