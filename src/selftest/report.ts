// What a selftest found, as text for people, JSON and JUnit XML for machines, and one call as a WAV file. Pure.
// JUnit's shape is that of https://github.com/testmoapp/junitxml

import { MULAW_SILENCE } from "../audio/g711.ts";
import { formatWav } from "../audio/wav.ts";
import { renderHeard } from "../simulators/twilio/heard-audio.ts";
import { type CallEvidence, heardByModel } from "./checks/evidence.ts";
import type { CheckResult } from "./plan.ts";

/** What a report is about. */
export interface Reported {
  readonly version: string;
  readonly runtime: string;
  readonly ms: number;
  readonly checks: readonly CheckResult[];
}

/** Control sequence introducer, ECMA-48 5.4: what colours begin with. */
const CSI = "\u001b[";

/** Lines for people: a tick or a cross for each check, what failed in full, the verdict last. */
export function textReport({ version, runtime, ms, checks }: Reported, colors: boolean): string {
  const paint = (code: number, text: string): string => (colors ? `${CSI}${code}m${text}${CSI}0m` : text);
  const width = Math.max(0, ...checks.map(({ id }) => id.length));
  const lines = checks.flatMap((check) => {
    const mark = check.ok ? paint(32, "✓") : paint(31, "✗");
    const line = `${mark} ${check.id.padEnd(width)}  ${String(check.ms).padStart(5)} ms  ${check.title}`;
    return check.ok ? [line] : [line, ...failure(check).map((detail) => `  ${detail}`)];
  });
  const failed = checks.filter(({ ok }) => !ok);
  const seconds = (ms / 1000).toFixed(1);
  const verdict =
    failed.length === 0
      ? paint(32, `all ${checks.length} checks passed, ${seconds} s`)
      : paint(31, `${failed.length} of ${checks.length} checks failed: ${failed.map(({ id }) => id).join(", ")}; ${seconds} s`);
  return `${[`voice ${version}, ${runtime}`, ...lines, verdict].join("\n")}\n`;
}

function failure({ requirement, source, expected, actual }: CheckResult): readonly string[] {
  return [`required  ${requirement}`, `source    ${source}`, `expected  ${expected}`, `actual    ${actual}`];
}

/** One JSON object, on one line. */
export function jsonReport({ version, runtime, ms, checks }: Reported): string {
  const shown = checks.map(({ id, title, requirement, source, ok, expected, actual, ms }) => {
    return { id, title, requirement, source, ok, expected, actual, ms };
  });
  return `${JSON.stringify({ ok: checks.every(({ ok }) => ok), version, runtime, ms, checks: shown })}\n`;
}

/** JUnit XML: one test case a check. */
export function junitReport({ ms, checks }: Reported): string {
  const failures = checks.filter(({ ok }) => !ok).length;
  const cases = checks.map((check) => {
    const open = `  <testcase classname="voice.selftest" name="${xml(check.id)}" time="${check.ms / 1000}"`;
    if (check.ok) return `${open}/>`;
    return `${open}>\n    <failure message="${xml(check.actual)}">${xml(failure(check).join("\n"))}</failure>\n  </testcase>`;
  });
  const suite = `<testsuite name="voice selftest" tests="${checks.length}" failures="${failures}" errors="0" skipped="0" time="${ms / 1000}">`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', suite, ...cases, "</testsuite>", ""].join("\n");
}

/** Escapes for XML 1.0, and leaves out what it cannot hold at all (section 2.2). */
function xml(text: string): string {
  const held = text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g, "");
  return held.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Both sides of a call as a stereo WAV file, mu-law: left what the caller said, right what the caller heard. Undefined when there was no stream. */
export function wavReport({ call, sessions }: CallEvidence): Uint8Array | undefined {
  const [stream] = call.streams;
  if (stream?.heard === undefined || stream.openedAtMs === undefined || stream.end === undefined) return undefined;
  const right = renderHeard(stream.heard, { fromMs: stream.openedAtMs, untilMs: stream.end.atMs });
  const left = sessions[0] === undefined ? new Uint8Array(0) : heardByModel(sessions[0]);
  const data = new Uint8Array(right.length * 2);
  for (const [at, heard] of right.entries()) {
    data[2 * at] = left[at] ?? MULAW_SILENCE;
    data[2 * at + 1] = heard;
  }
  return formatWav({ encoding: "mulaw", rateHz: 8_000, channels: 2, data });
}
