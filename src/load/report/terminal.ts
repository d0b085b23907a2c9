// The result of a run for people: a verdict, a table of counts, a table of durations, a histogram, what the server
// used, and what to do. Pure: returns text.

import type { Finding } from "../../report/finding.ts";
import { markOf, oneLine, type Paint, painter, screen } from "../../report/terminal.ts";
import type { HistogramRow } from "../measure/histogram.ts";
import { DURATIONS, type DurationName, type LoadResult } from "../measure/measurements.ts";
import { lastSustained } from "../measure/ramp.ts";
import type { LoadReport } from "./load-report.ts";

const BAR_COLUMNS = 40;
/** With fewer calls, memory per call is mostly what a runtime takes for its first calls. */
const FEW_CALLS = 50;

export function loadText(report: LoadReport, colors: boolean): string {
  const paint = painter(colors);
  const { exitCode, steps, result } = report;
  const lines = [
    ...(steps === undefined ? [] : [...rampTable(report, paint), ""]),
    ...countLines(result),
    "",
    ...durationTable(result),
    ...histogramLines(result),
    ...usageLines(report),
    ...findingLines(report.findings, paint),
  ];
  const color = exitCode === 0 ? "green" : exitCode === 3 ? "yellow" : "red";
  return screen(report, { verdict: verdictOf(report), color, lines, about: [report.target] }, paint);
}

/** One sentence: whether the server carried the calls. */
export function verdictOf({ exitCode, findings, steps, result }: Pick<LoadReport, "exitCode" | "findings" | "steps" | "result">): string {
  const problems = findings.filter(({ level }) => level === "error" || level === "unreachable");
  if (exitCode === 3) return `The server could not be reached: ${result.reasons[0]?.what ?? "no call got an answer"}.`;
  const sustained = steps === undefined ? undefined : lastSustained(steps);
  const ramp = findings.find(({ id }) => id === "ramp.sustained");
  const isMeter = steps?.some(({ verdict }) => verdict.type === "broken") === false;
  if (ramp !== undefined && sustained !== undefined) return `Sustained: ${ramp.actual}.`;
  if (ramp !== undefined) return `${isMeter ? "Nothing is known of the server" : "Not sustained"}: ${ramp.actual}.`;
  const what =
    result.peak === result.calls
      ? `${plural(result.peak, "call")} at the same time`
      : `${plural(result.calls, "call")}, at most ${result.peak} at the same time`;
  const [first] = problems;
  if (first !== undefined) return `Not carried: ${what}; ${first.id}: ${first.actual}.`;
  const warnings = findings.filter(({ level }) => level === "warning");
  return `Carried: ${what}${warnings.length === 0 ? "" : `, with ${plural(warnings.length, "warning")}`}.`;
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
const number = (value: number): string => Math.round(value).toLocaleString("en-US");
const shown = (ms: number): string => (ms < 9.95 ? ms.toFixed(2) : ms < 99.5 ? ms.toFixed(1) : ms.toFixed(0));
const percent = ({ count, of }: { readonly count: number; readonly of: number }): string =>
  count === 0 || of === 0 ? "" : ` (${((100 * count) / of).toFixed(2)} %)`;

function countLines({ counts, calls, framesSent, echoCalls, callSeconds }: LoadResult): readonly string[] {
  const { failed, dropped, silent, unanswered, not_cleared, lost, duplicated, reordered, crosstalk } = counts;
  const line = (name: string, text: string): string => `  ${name.padEnd(12)} ${text}`;
  const turns = unanswered.of === 0 ? [] : [line("turns", `${number(unanswered.of)}: ${unanswered.count} not answered`)];
  const interruptions =
    not_cleared.of === 0 ? [] : [line("barge-ins", `${number(not_cleared.of)}: ${not_cleared.count} not stopped by clear`)];
  const audio =
    lost.of === 0
      ? [line("audio", "none of the callers' audio was seen again, so loss was not measured")]
      : [
          line(
            "audio",
            `${number(lost.of)} frames followed${echoCalls > 0 ? " there and back" : ""}: ${lost.count} lost${percent(lost)}, ${duplicated.count} twice, ${reordered.count} out of order`,
          ),
        ];
  return [
    line(
      "calls",
      `${calls}: ${failed.count} failed, ${dropped.count} dropped, ${silent.count} silent; ${number(callSeconds)} call-seconds`,
    ),
    ...turns,
    ...interruptions,
    line("sent", `${number(framesSent)} frames of 20 ms`),
    ...audio,
    line(
      "crosstalk",
      crosstalk.of === 0 ? "not measured" : `${crosstalk.count} of ${number(crosstalk.of)} labelled frames were another call's`,
    ),
  ];
}

const columns = ["p50Ms", "p90Ms", "p95Ms", "p99Ms", "maxMs"] as const;

function durationTable({ durations }: LoadResult): readonly string[] {
  const head = `  ${"ms".padEnd(34)}${["p50", "p90", "p95", "p99", "max", "count"].map((name) => name.padStart(9)).join("")}`;
  const rows = (Object.keys(DURATIONS) as DurationName[]).flatMap((name) => {
    const summary = durations[name];
    if (summary === undefined) return [];
    const cells = [...columns.map((column) => shown(summary[column])), number(summary.count)];
    return [`  ${DURATIONS[name].padEnd(34)}${cells.map((cell) => cell.padStart(9)).join("")}`];
  });
  return rows.length === 0 ? [] : [head, ...rows, ""];
}

function histogramLines({ main, histogram }: LoadResult): readonly string[] {
  if (main === undefined) return [];
  const most = Math.max(...histogram.map(({ count }) => count));
  return [`  ${DURATIONS[main]}, ms`, ...histogram.map((row) => histogramLine(row, most)), ""];
}

function histogramLine({ fromMs, count }: HistogramRow, most: number): string {
  const bar = "█".repeat(Math.ceil((count / most) * BAR_COLUMNS));
  return `  ${shown(fromMs).padStart(8)} ${bar.padEnd(BAR_COLUMNS)} ${number(count)}`.trimEnd();
}

function usageLines({ result: { target, meterShare, durations, calls } }: LoadReport): readonly string[] {
  const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(0)} MB`;
  const server =
    target === undefined
      ? []
      : [
          `  server (pid ${target.pid}): ${(target.userMsPerCallSecond + target.systemMsPerCallSecond).toFixed(2)} ms of CPU per call-second (user ${target.userMsPerCallSecond.toFixed(2)}, system ${target.systemMsPerCallSecond.toFixed(2)}), ${(target.coreShare * 100).toFixed(0)} % of a core`,
          `  memory ${megabytes(target.idleBytes)} before, ${megabytes(target.peakBytes)} at most: ${number(target.bytesPerCall / 1_000)} kB per call${calls < FEW_CALLS ? ", most of it the server's own warm-up" : ""}`,
        ];
  const lag = durations.lag === undefined ? "" : `, ${shown(durations.lag.p99Ms)} ms late at p99`;
  return [...server, `  meter: ${(meterShare * 100).toFixed(0)} % of a core${lag}`];
}

function findingLines(findings: readonly Finding[], paint: Paint): readonly string[] {
  const shownFindings = findings.filter(
    ({ level, stage }) => level === "error" || level === "warning" || level === "unreachable" || stage === "threshold",
  );
  if (shownFindings.length === 0) return [];
  return [
    "",
    ...shownFindings.flatMap(({ id, level, actual, fix, evidence = [] }) => [
      `${markOf(level, paint)} ${id}: ${oneLine(actual)}`,
      ...(id === "ramp.sustained" ? [] : evidence.slice(0, 5).map((line) => paint("grey", `    ${oneLine(line)}`))),
      ...(fix === undefined ? [] : [`    fix: ${fix.text}`]),
    ]),
  ];
}

function rampTable({ steps = [] }: LoadReport, paint: Paint): readonly string[] {
  return steps.map(({ calls, verdict }) => {
    const level = verdict.type === "sustained" ? "ok" : verdict.type === "meter" ? "warning" : "error";
    return `${markOf(level, paint)} ${String(calls).padStart(6)} calls  ${verdict.type === "sustained" ? "sustained" : oneLine(verdict.what)}`;
  });
}
