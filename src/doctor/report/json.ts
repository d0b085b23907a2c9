// The doctor's own fields of its JSON report (docs/reports.md, "The doctor's fields"). Pure.

import { isSecurityFinding } from "../causes/deduce.ts";
import { type DoctorReport, isProblem } from "./terminal.ts";

export function doctorFields({ target, conclusion, findings }: DoctorReport): Readonly<Record<string, unknown>> {
  const { ok, verdict, cause, stage, callerHears, twilioError, fix, stacks } = conclusion;
  const security = findings.filter((finding) => isSecurityFinding(finding) && isProblem(finding)).map(({ id }) => id);
  return { ok, target, verdict, cause, stage, callerHears, twilioError, fix, stackFixes: stacks, security };
}
