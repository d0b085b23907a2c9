// From the findings to the verdict: the first fault on a call's path, what the caller hears of it, and the fix. Pure.

import type { ExitCode, FailureLevel, Fix } from "../../report/finding.ts";
import { type DoctorFinding, STAGES, type Stage } from "../evidence/evidence.ts";
import { CAUSES, type CauseCode } from "./causes.ts";

/** The verdict of a run. */
export interface Conclusion {
  /** No error was found. Null: unknown, because the server accepts only signed requests. */
  readonly ok: boolean | null;
  /** One or two sentences. */
  readonly verdict: string;
  readonly cause: CauseCode;
  readonly stage: Stage;
  readonly twilioError: number | null;
  readonly callerHears: string;
  readonly fix: string;
  readonly stacks: NonNullable<Fix["stacks"]>;
}

/** Causes with which the server itself was never reached. */
const unreached: readonly CauseCode[] = [
  "webhook-url",
  "webhook-dns",
  "webhook-refused",
  "webhook-unreachable",
  "webhook-connect-timeout",
  "twilio-unreachable",
];
const unreachedStreams: readonly CauseCode[] = ["url-dns", "url-refused", "url-timeout"];

/** The failed checks of a level, in the order in which a call meets them. */
function failed(findings: readonly DoctorFinding[], level: FailureLevel): readonly DoctorFinding[] {
  const failures = findings.filter((finding) => finding.level === level);
  return [...failures].sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage));
}

function verdictOf(cause: CauseCode, finding: DoctorFinding | undefined, findings: readonly DoctorFinding[]): string {
  const { callerHears, why } = CAUSES[cause];
  const wasAnswered = findings.some(({ stage, level }) => stage === "reply" && level === "ok");
  if (finding === undefined) return wasAnswered ? "Healthy: a caller would have a conversation." : "No fault was found.";
  if (cause === "needs-token") return "Unknown: the server checks Twilio's signature, and no auth token was given to sign with.";
  const detail = finding.actual === "" ? "" : ` (${finding.id}: ${finding.actual})`;
  if (finding.level === "error") return `A caller hears ${callerHears}, because ${why}${detail}.`;
  return `A caller hears a conversation, but ${why}${detail}.`;
}

/** A warning is the cause only if there is no error, and leaves `ok` true. */
export function deduce(findings: readonly DoctorFinding[]): Conclusion {
  const errors = failed(findings, "error");
  const warnings = failed(findings, "warning");
  // Where only signed requests are accepted, the rest of the call shows nothing about the server.
  const locked = errors.find(({ cause }) => cause === "needs-token");
  const finding = locked ?? errors[0] ?? warnings.find(({ cause }) => cause !== undefined);
  const cause = finding?.cause ?? "healthy";
  const { stage, twilioError, callerHears, fix } = CAUSES[cause];
  return {
    ok: locked === undefined ? errors.length === 0 : null,
    verdict: verdictOf(cause, finding, findings),
    cause,
    stage: finding?.cause === undefined ? stage : finding.stage,
    twilioError: finding?.twilioCode ?? twilioError ?? null,
    callerHears,
    fix: finding?.fix?.text ?? fix,
    stacks: finding?.fix?.stacks ?? {},
  };
}

/**
 * 0 no errors; 1 errors, with `strict` also warnings; 3 the server was not reached, or accepts only signed requests.
 */
export function doctorExitCode(
  findings: readonly DoctorFinding[],
  { ok, cause }: Conclusion,
  kind: "webhook" | "stream",
  strict: boolean,
): ExitCode {
  if (ok === null || unreached.includes(cause) || (kind === "stream" && unreachedStreams.includes(cause))) return 3;
  if (!ok) return 1;
  return strict && failed(findings, "warning").length > 0 ? 1 : 0;
}
