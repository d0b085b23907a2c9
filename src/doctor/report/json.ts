// The doctor's own fields of its JSON report (docs/reports.md, "The doctor's fields"). Pure.

import type { DoctorReport } from "./terminal.ts";

export function doctorFields({ target, conclusion }: DoctorReport): Readonly<Record<string, unknown>> {
  const { ok, verdict, cause, stage, callerHears, twilioError, fix, stacks } = conclusion;
  return { ok, target, verdict, cause, stage, callerHears, twilioError, fix, stackFixes: stacks };
}
