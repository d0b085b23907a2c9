// What machines read: JSON by the schema of docs/doctor.md, JUnit, and a call's sound.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MULAW_SILENCE } from "../../../src/audio/g711.ts";
import { parseWav } from "../../../src/audio/wav.ts";
import { deduce } from "../../../src/doctor/causes/deduce.ts";
import type { Finding } from "../../../src/doctor/evidence/evidence.ts";
import { doctorJson, doctorJunit, doctorWav } from "../../../src/doctor/report/machine.ts";
import type { DoctorReport } from "../../../src/doctor/report/terminal.ts";
import { heardPieces, madeCall, madeStream } from "../../selftest/checks/made.ts";

const base = { requirement: "It is so.", source: "https://example.net/", expected: "yes", actual: "<no> & \u0007" } as const;
const findings: readonly Finding[] = [
  { ...base, id: "a.good", stage: "webhook", level: "error", ok: true },
  { ...base, id: "a.bad", stage: "url", level: "error", ok: false, cause: "url-dns", twilioCode: 31904, evidence: ["one"], ms: 5 },
  { ...base, id: "a.warned", stage: "handshake", level: "warning", ok: false },
  { ...base, id: "a.untried", stage: "start", level: "error", ok: undefined },
];
const report = (strict: boolean): DoctorReport => ({
  version: "1",
  runtime: "Bun",
  target: "t",
  ms: 1,
  strict,
  findings,
  conclusion: deduce(findings),
});

test("doctorJson: every field of the schema, null where there is nothing", () => {
  const json = JSON.parse(doctorJson(report(false)));
  const { checks, ...top } = json;
  assertEquals(Object.keys(json), [
    "ok",
    "verdict",
    "cause",
    "stage",
    "twilioError",
    "callerHears",
    "fix",
    "checks",
    "target",
    "version",
    "runtime",
    "ms",
  ]);
  assertEquals([top.ok, top.cause, top.stage, top.twilioError], [false, "url-dns", "url", 31904]);
  assertEquals(checks[3], {
    ...base,
    id: "a.untried",
    stage: "start",
    level: "error",
    ok: null,
    evidence: [],
    twilioCode: null,
    cause: null,
    fix: null,
    ms: null,
  });
});

test("doctorJunit: errors fail, warnings when strict, what was not tried is skipped, and the XML is XML", () => {
  assertStringIncludes(doctorJunit(report(false)), 'tests="4" failures="1" errors="0" skipped="1"');
  assertStringIncludes(doctorJunit(report(true)), 'failures="2"');
  const xml = doctorJunit(report(false));
  assertStringIncludes(xml, "&lt;no&gt; &amp; ");
  assert(!xml.includes("\u0007"));
});

test("doctorWav: left what the caller said, at its timestamps, right what was heard", () => {
  const heard = heardPieces(1_020, new Uint8Array(160).fill(0x11));
  const call = madeCall({ streams: [madeStream({ heard, end: { atMs: 1_100, by: "caller", code: 1000, reason: "" } })] });
  const media = { event: "media", media: { timestamp: "20", payload: new Uint8Array(160).fill(0x22).toBase64() } };
  const frames = [{ atMs: 1_040, from: "twilio", type: "text", text: JSON.stringify(media) }] as const;
  const wav = parseWav(doctorWav({ number: 1, call, frames, actions: [] }) ?? new Uint8Array(0));
  assert(!("bad" in wav));
  assertEquals([wav.channels, wav.data.length], [2, 2 * 640]);
  assertEquals([wav.data[0], wav.data[1], wav.data[320], wav.data[321]], [MULAW_SILENCE, 0x11, 0x22, MULAW_SILENCE]);
  assertEquals(doctorWav({ number: 1, call: madeCall({ streams: [] }), frames: [], actions: [] }), undefined);
});
