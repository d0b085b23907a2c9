// A report as JUnit XML, one test case for each finding. Pure. The shape is that of
// https://github.com/testmoapp/junitxml

import { printable } from "../protocol/printable.ts";
import type { Finding, Report } from "./finding.ts";

type Outcome = "passed" | "failure" | "error" | "skipped";

/** `strict`: warnings fail too. An unreachable service is an `error`, as JUnit calls a test that could not be run. */
export function junitReport({ tool, durationMs, findings }: Report, { strict }: { readonly strict: boolean }): string {
  const outcomes = findings.map((finding) => ({ finding, outcome: outcomeOf(finding, strict) }));
  const count = (wanted: Outcome): number => outcomes.filter(({ outcome }) => outcome === wanted).length;
  const counts = `tests="${findings.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="voice ${tool}" ${counts} time="${durationMs / 1000}">`,
    ...outcomes.map(({ finding, outcome }) => testCase(tool, finding, outcome)),
    "</testsuite>",
    "",
  ].join("\n");
}

function outcomeOf({ level }: Finding, strict: boolean): Outcome {
  if (level === "error" || (level === "warning" && strict)) return "failure";
  if (level === "unreachable") return "error";
  return level === "untested" ? "skipped" : "passed";
}

function testCase(tool: string, finding: Finding, outcome: Outcome): string {
  const { id, stage, actual, ms = 0 } = finding;
  const open = `  <testcase classname="voice.${tool}.${xml(stage)}" name="${xml(id)}" time="${ms / 1000}"`;
  if (outcome === "passed") return `${open}/>`;
  if (outcome === "skipped") return `${open}>\n    <skipped message="${xml(actual)}"/>\n  </testcase>`;
  return `${open}>\n    <${outcome} message="${xml(actual)}">${xml(details(finding))}</${outcome}>\n  </testcase>`;
}

function details({ requirement, expected, actual, source, fix, evidence = [] }: Finding): string {
  const advice = fix === undefined ? [] : [`fix          ${fix.text}`];
  const lines = [`requirement  ${requirement}`, `expected     ${expected}`, `actual       ${actual}`, ...advice, `source       ${source}`];
  return [...lines, ...evidence].join("\n");
}

/** Escapes for XML 1.0: also the characters that XML cannot hold at all (section 2.2). */
function xml(text: string): string {
  return printable(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
