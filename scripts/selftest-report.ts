// Reads the JSON that `voice selftest --json` prints (docs/reports.md) into a count with names. The exit code has the
// last word: a run that exits with a failure is one, whatever its findings say, and so is a run that prints no
// report.

import type { Tally } from "./junit.ts";

/** As much of a finding as the gate needs; a failed one is shown as it came. */
type Result = { readonly id: string; readonly level: string };

/** `exitCode` is that of the process that printed `json`. */
export function readSelftest(json: string, exitCode: number | null): Tally {
  const findings = findingsIn(json);
  if (findings.length === 0) {
    return { passed: 0, failed: [`no report with findings on stdout (exit code ${exitCode})`], skipped: [] };
  }
  const red = findings.filter(({ level }) => level !== "ok").map((finding) => `${finding.id}: ${JSON.stringify(finding)}`);
  const passed = findings.length - red.length;
  if (exitCode !== 0 && red.length === 0) red.push(`exit code ${exitCode}, though every check passed`);
  if (exitCode === 0 && red.length > 0) red.push("exit code 0, though a check failed");
  return { passed, failed: red, skipped: [] };
}

/** Empty when it is not a report, or a finding has no id or no level. */
function findingsIn(json: string): readonly Result[] {
  let report: { findings?: unknown };
  try {
    report = JSON.parse(json);
  } catch {
    return []; // the caller reports it
  }
  const findings: readonly unknown[] = Array.isArray(report?.findings) ? report.findings : [];
  return findings.every(isResult) ? findings : [];
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
