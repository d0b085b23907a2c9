// Reads what `voice selftest --json` prints, into a count with names. The exit code has the last word: a run that says
// it failed is a failure, whatever its checks say, and so is one that says nothing.

import type { Tally } from "./junit.ts";

/** Of a check, what the gate needs; the rest is told as it came. */
type Check = { readonly id: string; readonly ok: boolean };

/** The checks in `json`, counted; `exitCode` is that of the process that printed it. */
export function readSelftest(json: string, exitCode: number | null): Tally {
  const checks = checksIn(json);
  if (checks.length === 0) {
    return { passed: 0, failed: [`no report with checks on stdout (exit code ${exitCode})`], skipped: [] };
  }
  const red = checks.filter((check) => !check.ok).map((check) => `${check.id}: ${JSON.stringify(check)}`);
  const passed = checks.length - red.length;
  if (exitCode !== 0 && red.length === 0) red.push(`exit code ${exitCode}, though every check passed`);
  if (exitCode === 0 && red.length > 0) red.push("exit code 0, though a check failed");
  return { passed, failed: red, skipped: [] };
}

/** The checks of a report; none when it is no report, or one of them has no id or no result. */
function checksIn(json: string): readonly Check[] {
  let report: { checks?: unknown };
  try {
    report = JSON.parse(json);
  } catch {
    return []; // the caller tells it
  }
  const checks: readonly unknown[] = Array.isArray(report?.checks) ? report.checks : [];
  return checks.every(isCheck) ? checks : [];
}

function isCheck(value: unknown): value is Check {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "string" &&
    "ok" in value &&
    typeof value.ok === "boolean"
  );
}
