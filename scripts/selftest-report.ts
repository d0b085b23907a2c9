// Reads the JSON that `voice selftest --json` prints (docs/reports.md) into a count with names. The exit code has the
// last word: a run that exits with a failure is one, whatever its checks say, and so is a run that prints no
// report.

import type { Tally } from "./junit.ts";

/** As much of a check as the gate needs; a failed one is shown as it came. */
type Result = { readonly id: string; readonly level: string };

/** `exitCode` is that of the process that printed `json`. */
export function readSelftest(json: string, exitCode: number | null): Tally {
  const checks = checksIn(json);
  if (checks.length === 0) {
    return { passed: 0, failed: [`no report with checks on stdout (exit code ${exitCode})`], skipped: [] };
  }
  const red = checks.filter(({ level }) => level !== "ok").map((check) => `${check.id}: ${JSON.stringify(check)}`);
  const passed = checks.length - red.length;
  if (exitCode !== 0 && red.length === 0) red.push(`exit code ${exitCode}, though every check passed`);
  if (exitCode === 0 && red.length > 0) red.push("exit code 0, though a check failed");
  return { passed, failed: red, skipped: [] };
}

/** Empty when it is not a report, or a check has no id or no level. */
function checksIn(json: string): readonly Result[] {
  let report: { checks?: unknown };
  try {
    report = JSON.parse(json);
  } catch {
    return []; // the caller reports it
  }
  const checks: readonly unknown[] = Array.isArray(report?.checks) ? report.checks : [];
  return checks.every(isResult) ? checks : [];
}

function isResult(value: unknown): value is Result {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "string" &&
    "level" in value &&
    typeof value.level === "string"
  );
}
