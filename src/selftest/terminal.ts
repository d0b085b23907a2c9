// The selftest's result on a terminal: the verdict, then a line for each check, failed ones with what was expected
// and what came. Pure.

import type { Finding, Report } from "../report/finding.ts";
import { markOf, oneLine, painter, screen } from "../report/terminal.ts";

export function selftestText(report: Report, colors: boolean): string {
  const paint = painter(colors);
  const { findings } = report;
  const width = Math.max(0, ...findings.map(({ id }) => id.length));
  const lines = findings.flatMap((finding) => {
    const { id, level, requirement, ms } = finding;
    const time = ms === undefined ? "" : paint("grey", ` ${Math.round(ms)} ms`);
    const line = `${markOf(level, paint)} ${id.padEnd(width)}  ${requirement}${time}`;
    return level === "ok" ? [line] : [line, ...failureLines(finding)];
  });
  const failed = findings.filter(({ level }) => level !== "ok").map(({ id }) => id);
  return screen(report, { ...verdictOf(failed, findings.length), lines }, paint);
}

function verdictOf(failed: readonly string[], count: number) {
  if (failed.length === 0) return { verdict: `voice works: all ${count} checks passed`, color: "green" } as const;
  return { verdict: `voice is broken: ${failed.length} of ${count} checks failed: ${failed.join(", ")}`, color: "red" } as const;
}

function failureLines({ expected, actual, source }: Finding): readonly string[] {
  return [`    expected  ${oneLine(expected)}`, `    actual    ${oneLine(actual, 400)}`, `    source    ${source}`];
}
