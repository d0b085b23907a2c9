// Doctor's reports made by hand.

import { deduce } from "../../../src/doctor/causes/deduce.ts";
import type { DoctorFinding } from "../../../src/doctor/evidence/evidence.ts";
import type { DoctorReport } from "../../../src/doctor/report/terminal.ts";
import { madeReport } from "../../report/made.ts";

export function madeDoctorReport(findings: readonly DoctorFinding[]): DoctorReport {
  return { ...madeReport(), tool: "doctor", target: "https://a.example.net/v", findings, conclusion: deduce(findings) };
}

const base = { requirement: "It must.", source: "https://example.net/", expected: "yes", actual: "no" } as const;

export const webhookOk: DoctorFinding = { ...base, id: "webhook.status", stage: "webhook", level: "ok", ms: 12 };

export const handshakeRefused: DoctorFinding = {
  ...base,
  id: "handshake.status",
  stage: "handshake",
  level: "error",
  cause: "handshake-status",
  twilioCode: 31920,
  evidence: Array.from({ length: 20 }, (_, at) => `line ${at}`),
  fix: { text: "do this", stacks: { flask: "do that" } },
};
