// The result of `voice check` on a terminal: the verdict, then a line for each finding with the fix below it. Pure.

import type { Finding, Level, Report } from "../report/finding.ts";
import { type Color, markOf, oneLine, painter, screen } from "../report/terminal.ts";

export function checkText(report: Report, colors: boolean): string {
  const paint = painter(colors);
  const { findings } = report;
  const width = Math.max(0, ...findings.map(({ id }) => id.length));
  const lines = findings.flatMap(({ id, level, actual, twilioCode, fix }) => {
    const code = twilioCode === undefined ? "" : ` (Twilio error ${twilioCode})`;
    const line = `${markOf(level, paint)} ${id.padEnd(width)}  ${oneLine(actual, 300)}${code}`;
    return fix === undefined ? [line] : [line, `${" ".repeat(width + 4)}fix: ${fix.text}`];
  });
  return screen(report, { ...verdictOf(findings), lines }, paint);
}

/** "2 errors: openai.model, address.public. 1 warning. Not reached: twilio.account." */
function verdictOf(findings: readonly Finding[]): { readonly verdict: string; readonly color: Color } {
  const ids = (wanted: Level): readonly string[] => findings.filter(({ level }) => level === wanted).map(({ id }) => id);
  const [errors, warnings, unreachable] = [ids("error"), ids("warning"), ids("unreachable")];
  const parts = [
    ...(errors.length === 0 ? [] : [`${counted(errors.length, "error")}: ${errors.join(", ")}`]),
    ...(unreachable.length === 0 ? [] : [`could not be reached: ${unreachable.join(", ")}`]),
    ...(warnings.length === 0 ? [] : [counted(warnings.length, "warning")]),
  ];
  if (errors.length > 0) return { verdict: parts.join("; "), color: "red" };
  if (unreachable.length > 0) return { verdict: `no errors found, but ${parts.join("; ")}`, color: "yellow" };
  return { verdict: ["no errors found", ...parts].join("; "), color: "green" };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
