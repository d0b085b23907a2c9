// The doctor's result on a terminal: what a caller hears and why, the fix, then the legs of the call, then the
// evidence. Pure.

import { twilioErrorUrl } from "../../protocol/twilio-errors.ts";
import type { Report } from "../../report/finding.ts";
import { type Color, colorOf, markOf, oneLine, type Paint, painter, screen } from "../../report/terminal.ts";
import { type Conclusion, isSecurityFinding } from "../causes/deduce.ts";
import { type DoctorFinding, STAGES, type Stage } from "../evidence/evidence.ts";

export interface DoctorReport extends Report {
  readonly findings: readonly DoctorFinding[];
  readonly target: string;
  readonly conclusion: Conclusion;
}

/** Lines of evidence on a screen; --json has all of them. */
const MAX_EVIDENCE = 8;
/** Problems listed per leg. */
const MAX_PROBLEMS = 4;
/** Reasons for which something was not tested. */
const MAX_UNTESTED = 6;
const MAX_VERDICT_COLUMNS = 400;
const MAX_EXPECTED_COLUMNS = 60;

const problems = ["error", "warning", "info"] as const;

export function isProblem({ level }: DoctorFinding): boolean {
  return problems.some((one) => one === level);
}

function stageLines(stage: Stage, all: readonly DoctorFinding[], paint: Paint): readonly string[] {
  const findings = all.filter((finding) => finding.stage === stage);
  const tested = findings.filter(({ level }) => level !== "untested");
  if (tested.length === 0) return [];
  const good = findings.filter(({ level }) => level === "ok");
  const times = good.flatMap(({ id, ms }) => (ms === undefined ? [] : [`${id.split(".")[1]} ${Math.round(ms)} ms`]));
  const summary = [`${good.length} of ${tested.length} ok`, ...times].join(", ");
  const bad = findings.filter(isProblem).map((finding) => `    ${problemLine(finding, paint)}`);
  const more = bad.length > MAX_PROBLEMS ? [`    and ${bad.length - MAX_PROBLEMS} more`] : [];
  return [`${stageMark(findings, paint)} ${stage.padEnd(10)} ${summary}`, ...bad.slice(0, MAX_PROBLEMS), ...more];
}

/** The worst of the stage; an "info" does not spoil it. */
function stageMark(findings: readonly DoctorFinding[], paint: Paint): string {
  const worst = (["error", "warning", "ok", "info"] as const).find((level) => findings.some((finding) => finding.level === level));
  return markOf(worst ?? "untested", paint);
}

/** What no caller notices, and the owner should know. */
function securityLines(findings: readonly DoctorFinding[], paint: Paint): readonly string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap((finding) => [
    `  ${problemLine(finding, paint)}`,
    ...(finding.fix === undefined ? [] : [`    ${finding.fix.text}`]),
  ]);
  return ["", "Security, which no caller notices:", ...lines];
}

/** What was not tested and why: by reason, whole legs by their name. */
function untestedLines(all: readonly DoctorFinding[], paint: Paint): readonly string[] {
  const untested = all.filter(({ level }) => level === "untested");
  const isWhole = (stage: Stage): boolean => all.every((finding) => finding.stage !== stage || finding.level === "untested");
  const byReason = [...Map.groupBy(untested, ({ actual }) => actual)].map(([reason, findings]) => {
    const names = new Set(findings.map(({ id, stage }) => (isWhole(stage) ? stage : id)));
    const why = reason === "" ? "" : `: ${oneLine(reason)}`;
    return `${markOf("untested", paint)} not tested: ${oneLine([...names].join(", "))}${why}`;
  });
  const more = byReason.length > MAX_UNTESTED ? [`  and ${byReason.length - MAX_UNTESTED} more reasons: use --json`] : [];
  return [...byReason.slice(0, MAX_UNTESTED), ...more];
}

function problemLine({ id, level, actual, expected, twilioCode }: DoctorFinding, paint: Paint): string {
  const code = twilioCode === undefined || level === "info" ? "" : ` [${twilioCode}]`;
  return `${paint(colorOf(level), level)} ${id}${code}: ${oneLine(actual)}; expected ${oneLine(expected, MAX_EXPECTED_COLUMNS)}`;
}

/** What to do, and how Twilio's console shows the problem. */
function adviceLines({ cause, twilioError, fix, stacks }: Conclusion): readonly string[] {
  const ownFixes = Object.entries(stacks).map(([stack, how]) => `        ${stack.padEnd(10)} ${how}`);
  const console = twilioError === null ? "shows no error" : `error ${twilioError}, ${twilioErrorUrl(twilioError)}`;
  return [`Fix:    ${fix}`, ...ownFixes, `Twilio: ${console}`, `Cause:  ${cause}`, ""];
}

function evidenceLines({ id, requirement, source, evidence = [] }: DoctorFinding): readonly string[] {
  const lines = evidence.slice(0, MAX_EVIDENCE).map((line) => `  ${oneLine(line)}`);
  const more = evidence.length > MAX_EVIDENCE ? [`  and ${evidence.length - MAX_EVIDENCE} more lines: use --json`] : [];
  return ["", `${id}: ${requirement}`, `  ${source}`, ...lines, ...more];
}

export function doctorText(report: DoctorReport, colors: boolean): string {
  const paint = painter(colors);
  const { target, conclusion, findings } = report;
  const { ok, verdict, cause, stage } = conclusion;
  const color: Color = ok === true ? "green" : ok === null ? "yellow" : "red";
  const isHealthy = cause === "healthy";
  const culprit = findings.find((finding) => finding.cause === cause && isProblem(finding) && finding.stage === stage);
  const rest = findings.filter((finding) => !isSecurityFinding(finding));
  const security = findings.filter((finding) => isSecurityFinding(finding) && isProblem(finding));
  const alerts = findings.find(({ id }) => id === "number.alerts")?.evidence ?? [];
  const lines = [
    ...(isHealthy ? [] : adviceLines(conclusion)),
    ...STAGES.flatMap((one) => stageLines(one, rest, paint)),
    ...untestedLines(rest, paint),
    ...securityLines(security, paint),
    ...(isHealthy || culprit === undefined ? [] : evidenceLines(culprit)),
    ...(alerts.length === 0 ? [] : ["", "Errors that Twilio logged recently:", ...alerts.map((line) => `  ${oneLine(line)}`)]),
  ];
  return screen(report, { verdict: oneLine(verdict, MAX_VERDICT_COLUMNS), color, lines, about: [oneLine(target)] }, paint);
}
