// What the doctor found, as a screen for people: the verdict first, then the steps, then the evidence and what fixes it. Pure. For machines:
// report-machine.ts.

import type { Conclusion } from "../causes/deduce.ts";
import { type Finding, STAGES, type Stage } from "../evidence/evidence.ts";

/** What a report is about. */
export interface DoctorReport {
  readonly version: string;
  readonly runtime: string;
  readonly target: string;
  readonly ms: number;
  readonly strict: boolean;
  readonly conclusion: Conclusion;
  readonly findings: readonly Finding[];
}

/** Control sequence introducer, ECMA-48 5.4: what colours begin with. */
const CSI = "\u001b[";
const RED = 31;
const GREEN = 32;
const YELLOW = 33;
const GREY = 90;
/** Lines of evidence on a screen; --json has all. */
const MAX_EVIDENCE = 8;
/** Columns of a line of evidence. */
const MAX_COLUMNS = 160;
/** Faults of a stage beside the one that is the cause. */
const MAX_FAULTS = 4;

type Paint = (code: number, text: string) => string;

interface Mark {
  readonly sign: string;
  readonly color: number;
}

function markOf(findings: readonly Finding[]): Mark {
  const has = (level: Finding["level"]): boolean => findings.some((finding) => finding.level === level && finding.ok === false);
  if (has("error")) return { sign: "✗", color: RED };
  if (has("warning")) return { sign: "!", color: YELLOW };
  return findings.some(({ ok }) => ok === true) ? { sign: "✓", color: GREEN } : { sign: "·", color: GREY };
}

function stageLines(stage: Stage, all: readonly Finding[], paint: Paint): readonly string[] {
  const findings = all.filter((finding) => finding.stage === stage);
  if (findings.length === 0) return [];
  const { sign, color } = markOf(findings);
  const good = findings.filter(({ ok }) => ok === true);
  const tried = findings.filter(({ ok }) => ok !== undefined);
  const times = good.flatMap(({ id, ms }) => (ms === undefined ? [] : [`${id.split(".")[1]} ${Math.round(ms)} ms`]));
  const told = tried.length === 0 ? "not reached, or not tried" : [`${good.length} of ${tried.length} fine`, ...times].join(", ");
  const faults = findings.filter(({ ok }) => ok === false).map((finding) => `    ${faultLine(finding, paint)}`);
  const left = faults.length > MAX_FAULTS ? [`    and ${faults.length - MAX_FAULTS} more`] : [];
  return [`${paint(color, sign)} ${stage.padEnd(10)} ${told}`, ...faults.slice(0, MAX_FAULTS), ...left];
}

function faultLine({ id, level, actual, expected, twilioCode }: Finding, paint: Paint): string {
  const color = level === "error" ? RED : level === "warning" ? YELLOW : GREY;
  const code = twilioCode === undefined || level === "advice" ? "" : ` [${twilioCode}]`;
  return `${paint(color, level)} ${id}${code}: ${shorten(actual)}; expected ${shorten(expected, 60)}`;
}

/** One line of so many columns, without what a terminal would take for orders. */
function shorten(text: string, columns = MAX_COLUMNS): string {
  const line = text.replace(/\p{Cc}+/gu, " ");
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}

export function doctorText({ version, runtime, target, ms, conclusion, findings }: DoctorReport, colors: boolean): string {
  const paint: Paint = (code, text) => (colors ? `${CSI}${code}m${text}${CSI}0m` : text);
  const { ok, verdict, cause, stage, twilioError, fix, stacks } = conclusion;
  const color = ok === true ? GREEN : ok === null ? YELLOW : RED;
  const culprit = findings.find((finding) => finding.cause === cause && finding.ok === false && finding.stage === stage);
  const console = twilioError === null ? "nothing" : `${twilioError}, https://www.twilio.com/docs/api/errors/${twilioError}`;
  const isClear = cause === "healthy";
  const evidence = (culprit?.evidence ?? []).map((line) => `  ${shorten(line)}`);
  const alerts = findings.find(({ id }) => id === "number.alerts")?.evidence ?? [];
  const fixes = Object.entries(stacks).map(([stack, how]) => `  ${stack.padEnd(10)} ${how}`);
  const lines = [
    paint(color, shorten(verdict, 400)),
    ...(isClear ? [] : [`cause: ${cause}; Twilio's console shows: ${console}`]),
    "",
    ...STAGES.flatMap((one) => stageLines(one, findings, paint)),
    ...(isClear || culprit === undefined ? [] : ["", `${culprit.id}: ${culprit.requirement}`, `  ${culprit.source}`]),
    ...evidence.slice(0, MAX_EVIDENCE),
    ...(evidence.length > MAX_EVIDENCE ? [`  and ${evidence.length - MAX_EVIDENCE} more lines, with --json`] : []),
    ...(alerts.length === 0 ? [] : ["", "What Twilio has reported of it lately:", ...alerts.map((line) => `  ${shorten(line)}`)]),
    ...(isClear ? [] : ["", `To fix it: ${fix}`, ...fixes]),
    "",
    paint(GREY, `voice ${version}, ${runtime}; ${shorten(target)}; ${(ms / 1000).toFixed(1)} s`),
  ];
  return `${lines.join("\n")}\n`;
}
