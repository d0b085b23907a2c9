// The screen: the verdict first, then the steps, then the evidence and what fixes it; no colour where none is wanted.

import { test } from "bun:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { deduce } from "../../../src/doctor/causes/deduce.ts";
import type { Finding } from "../../../src/doctor/evidence/evidence.ts";
import { type DoctorReport, doctorText } from "../../../src/doctor/report/terminal.ts";

/** A report of these findings. */
export function madeReport(findings: readonly Finding[]): DoctorReport {
  const rest = { version: "1.0.0", runtime: "Bun 1", target: "https://a.example.net/v", ms: 1_234, strict: false };
  return { ...rest, findings, conclusion: deduce(findings) };
}

const base = { requirement: "It is so.", source: "https://example.net/", expected: "yes", actual: "no" } as const;
const bad: Finding = {
  ...base,
  id: "handshake.status",
  stage: "handshake",
  level: "error",
  ok: false,
  cause: "handshake-status",
  twilioCode: 31920,
  evidence: Array.from({ length: 20 }, (_, at) => `line ${at}`),
  fix: { text: "do this", stacks: { flask: "do that" } },
};
const good: Finding = { ...base, id: "webhook.status", stage: "webhook", level: "error", ok: true, ms: 12 };

test("doctorText: the verdict is the first line, and all of it fits on a screen", () => {
  const lines = doctorText(madeReport([good, bad]), false).split("\n");
  assertMatch(lines[0] ?? "", /^A caller hears .* because the server rejects the WebSocket handshake \(handshake.status: no\)\.$/);
  assert(lines.length <= 30, `${lines.length} lines`);
});

test("doctorText: ticks with times, the fault, the evidence cut, the fix by stack", () => {
  const text = doctorText(madeReport([good, bad]), false);
  for (const part of [
    "✓ webhook    1 of 1 fine, status 12 ms",
    "✗ handshake",
    "error handshake.status [31920]: no; expected yes",
    "  line 7",
    "and 12 more lines, with --json",
    "To fix it: do this",
    "  flask      do that",
  ]) {
    assertStringIncludes(text, part);
  }
  assert(!text.includes("line 8\n"));
});

test("doctorText: colours only when told, and what a server says cannot colour", () => {
  const sly: Finding = { ...bad, actual: "\u001b[32mall is well\u001b[0m\r\nreally" };
  const csi = "\u001b";
  assertEquals(doctorText(madeReport([sly]), false).includes(csi), false);
  assert(doctorText(madeReport([bad]), true).includes(`${csi}[31m`));
});

test("doctorText: when nothing is amiss there is nothing to fix", () => {
  const text = doctorText(madeReport([good, { ...good, id: "reply.latency", stage: "reply" }]), false);
  assertMatch(text, /^Healthy/);
  assertMatch(doctorText(madeReport([good]), false), /^No fault was found/);
  assert(!text.includes("To fix it"));
});
