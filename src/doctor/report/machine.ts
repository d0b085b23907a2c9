// What the doctor found, for machines: JSON (its schema: docs/doctor.md), JUnit XML, and the first call as a WAV file. Pure.
// JUnit's shape is that of https://github.com/testmoapp/junitxml

import { Buffer } from "node:buffer";
import { MULAW_SILENCE } from "../../audio/g711.ts";
import { formatWav } from "../../audio/wav.ts";
import { isObject, parseJson } from "../../protocol/fields.ts";
import { PCMU_BYTES_PER_MS } from "../../protocol/media-streams/media-streams.ts";
import { renderHeard } from "../../simulators/twilio/heard-audio.ts";
import type { DoctorCall, Finding } from "../evidence/evidence.ts";
import type { DoctorReport } from "./terminal.ts";

/** One JSON object, on one line. */
export function doctorJson({ version, runtime, target, ms, conclusion, findings }: DoctorReport): string {
  const { ok, verdict, cause, stage, twilioError, callerHears, fix } = conclusion;
  const checks = findings.map((one) => ({
    id: one.id,
    stage: one.stage,
    level: one.level,
    ok: one.ok ?? null,
    requirement: one.requirement,
    source: one.source,
    expected: one.expected,
    actual: one.actual,
    evidence: one.evidence ?? [],
    twilioCode: one.twilioCode ?? null,
    cause: one.cause ?? null,
    fix: one.fix ?? null,
    ms: one.ms ?? null,
  }));
  return `${JSON.stringify({ ok, verdict, cause, stage, twilioError, callerHears, fix, checks, target, version, runtime, ms })}\n`;
}

/** JUnit XML: one test case a check. Advice never fails, warnings only when they are to. */
export function doctorJunit({ findings, ms, strict }: DoctorReport): string {
  const isFailure = ({ ok, level }: Finding): boolean => ok === false && (level === "error" || (strict && level === "warning"));
  const cases = findings.map((finding) => {
    const { id, ok, actual, expected, requirement, source, evidence = [] } = finding;
    const open = `  <testcase classname="voice.doctor" name="${xml(id)}" time="${(finding.ms ?? 0) / 1000}"`;
    if (ok === undefined) return `${open}>\n    <skipped message="${xml(actual)}"/>\n  </testcase>`;
    if (!isFailure(finding)) return `${open}/>`;
    const text = [`required  ${requirement}`, `source    ${source}`, `expected  ${expected}`, `actual    ${actual}`, ...evidence].join(
      "\n",
    );
    return `${open}>\n    <failure message="${xml(actual)}">${xml(text)}</failure>\n  </testcase>`;
  });
  const failures = findings.filter(isFailure).length;
  const skipped = findings.filter(({ ok }) => ok === undefined).length;
  const counts = `tests="${findings.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${ms / 1000}"`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuite name="voice doctor" ${counts}>`, ...cases, "</testsuite>", ""].join("\n");
}

/** Escapes for XML 1.0, and leaves out what it cannot hold at all (section 2.2). */
function xml(text: string): string {
  const held = text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g, "");
  return held.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Both sides of a call's first stream as a stereo WAV file, mu-law: left what the caller said, right what the caller heard. Undefined: there was no stream. */
export function doctorWav({ call, frames }: DoctorCall): Uint8Array | undefined {
  const [stream] = call.streams;
  if (stream?.heard === undefined || stream.openedAtMs === undefined || stream.end === undefined) return undefined;
  const right = renderHeard(stream.heard, { fromMs: stream.openedAtMs, untilMs: stream.end.atMs });
  const left = new Uint8Array(right.length).fill(MULAW_SILENCE);
  for (const { offsetMs, bytes } of spokenBy(frames)) {
    const at = Math.round(offsetMs * PCMU_BYTES_PER_MS);
    if (at < left.length) left.set(bytes.subarray(0, left.length - at), at);
  }
  const data = new Uint8Array(right.length * 2);
  for (const [at, heard] of right.entries()) {
    data[2 * at] = left[at] ?? MULAW_SILENCE;
    data[2 * at + 1] = heard;
  }
  return formatWav({ encoding: "mulaw", rateHz: 8_000, channels: 2, data });
}

interface Spoken {
  readonly offsetMs: number;
  readonly bytes: Uint8Array;
}

/** The caller's frames, each at its own timestamp, counted from the stream's. */
function spokenBy(frames: DoctorCall["frames"]): readonly Spoken[] {
  return frames.flatMap((frame) => {
    if (frame.type !== "text" || frame.from !== "twilio") return [];
    const message = parseJson(frame.text);
    const media = isObject(message) ? message["media"] : undefined;
    if (!isObject(media) || typeof media["payload"] !== "string") return [];
    return [{ offsetMs: Number(media["timestamp"]) || 0, bytes: new Uint8Array(Buffer.from(media["payload"], "base64")) }];
  });
}
