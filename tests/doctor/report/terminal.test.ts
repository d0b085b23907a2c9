// The doctor's screen: the verdict first, then the fix, the legs and the evidence.

import { test } from "bun:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { doctorText } from "../../../src/doctor/report/terminal.ts";
import { handshakeRefused, madeDoctorReport, webhookOk } from "./made.ts";

const broken = madeDoctorReport([webhookOk, handshakeRefused]);

test("doctorText: the verdict is the first line, the fix comes next, and all of it fits on a screen", () => {
  const lines = doctorText(broken, false).split("\n");
  assertMatch(lines[0] ?? "", /^A caller hears .* because the server rejects the WebSocket handshake \(handshake.status: no\)\.$/);
  assertEquals(lines.slice(2, 4), ["Fix:    do this", "        flask      do that"]);
  assert(lines.length <= 30, `${lines.length} lines`);
});

test("doctorText: legs with times, the problem, Twilio's code, the evidence cut", () => {
  const text = doctorText(broken, false);
  for (const part of [
    "✓ webhook    1 of 1 ok, status 12 ms",
    "✗ handshake  0 of 1 ok",
    "    error handshake.status [31920]: no; expected yes",
    "Twilio: error 31920, https://www.twilio.com/docs/api/errors/31920",
    "Cause:  handshake-status",
    "  line 7",
    "  and 12 more lines: use --json",
  ]) {
    assertStringIncludes(text, part);
  }
  assert(!text.includes("line 8\n"));
});

test("doctorText: colours only when told so, and what a server says cannot colour", () => {
  const sly = { ...handshakeRefused, actual: "\u001b[32mall is well\u001b[0m\r\nreally" };
  const csi = "\u001b";
  assertEquals(doctorText(madeDoctorReport([sly]), false).includes(csi), false);
  assert(doctorText(madeDoctorReport([handshakeRefused]), true).includes(`${csi}[31m`));
});

test("doctorText: a healthy server has nothing to fix", () => {
  const text = doctorText(madeDoctorReport([webhookOk, { ...webhookOk, id: "reply.latency", stage: "reply" }]), false);
  assertMatch(text, /^Healthy/);
  assert(!text.includes("Fix:"));
  assertMatch(doctorText(madeDoctorReport([webhookOk]), false), /^No fault was found/);
});

test("doctorText: security has a section of its own", () => {
  const unsigned = {
    ...handshakeRefused,
    id: "webhook.unsigned",
    stage: "webhook",
    level: "warning",
    cause: "webhook-accepts-unsigned",
  } as const;
  const text = doctorText(madeDoctorReport([webhookOk, unsigned]), false);
  assertStringIncludes(text, "✓ webhook    1 of 1 ok");
  assertStringIncludes(text, "Security, which no caller notices:\n  warning webhook.unsigned");
});

test("doctorText: what was not tested says why, and shares a line with what has the same reason", () => {
  const untested = { ...webhookOk, level: "untested", actual: "the call had no stream" } as const;
  const text = doctorText(
    madeDoctorReport([
      webhookOk,
      { ...untested, id: "webhook.latency", actual: "no answer" },
      { ...untested, id: "start.stays-open", stage: "start" },
      { ...untested, id: "media.format", stage: "media" },
    ]),
    false,
  );
  assertStringIncludes(text, "- not tested: webhook.latency: no answer\n- not tested: start, media: the call had no stream\n");
});
