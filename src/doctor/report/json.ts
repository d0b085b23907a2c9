// The doctor's own part of its JSON report (docs/reports.md, "doctor"). Pure.

import type { DoctorReport } from "./terminal.ts";

export function doctorSection({ target, conclusion }: DoctorReport): Readonly<Record<string, unknown>> {
  const { verdict, cause, stage, callerHears, twilioError, fix, stacks } = conclusion;
  return { target, verdict, cause, stage, callerHears, twilioCode: twilioError, fix, stackFixes: stacks };
}
