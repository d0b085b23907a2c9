// From the findings to the one thing to say: the first fault along the path of a call, what the caller hears of it, and what fixes it.

import { type Finding, type Fix, type Level, STAGES, type Stage } from "../evidence/evidence.ts";
import { CAUSES, type CauseCode } from "./causes.ts";

/** What a run has come to. */
export interface Conclusion {
  /** Null: nothing can be said, because the server lets only Twilio in. */
  readonly ok: boolean | null;
  /** One or two sentences. */
  readonly verdict: string;
  readonly cause: CauseCode;
  readonly stage: Stage;
  readonly twilioError: number | null;
  readonly callerHears: string;
  readonly fix: string;
  /** The stacks' own ways to fix it. */
  readonly stacks: NonNullable<Fix["stacks"]>;
}

/** Causes for which nothing of the server was seen. */
const unreached: readonly CauseCode[] = [
  "webhook-url",
  "webhook-dns",
  "webhook-refused",
  "webhook-unreachable",
  "webhook-connect-timeout",
  "twilio-unreachable",
];
const unreachedStreams: readonly CauseCode[] = ["url-dns", "url-refused", "url-timeout"];

/** The failed checks of a level, along the path of a call. */
function failed(findings: readonly Finding[], level: Level): readonly Finding[] {
  const of = findings.filter((finding) => finding.level === level && finding.ok === false);
  return [...of].sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage));
}

function verdictOf(cause: CauseCode, finding: Finding | undefined, findings: readonly Finding[]): string {
  const { callerHears, why } = CAUSES[cause];
  const hasTalked = findings.some(({ stage, ok }) => stage === "reply" && ok === true);
  if (finding === undefined) return hasTalked ? "All is well: a caller hears a conversation." : "Nothing is amiss in what was looked at.";
  if (cause === "needs-token") return "Cannot tell: the server checks Twilio's signature, and no auth token was given to sign with.";
  const detail = finding.actual === "" ? "" : ` (${finding.id}: ${finding.actual})`;
  if (finding.level === "error") return `A caller hears ${callerHears}, because ${why}${detail}.`;
  return `A caller hears a conversation, but ${why}${detail}.`;
}

/** Concludes from the findings; a warning is the cause only where there is no error, and leaves `ok` true. */
export function deduce(findings: readonly Finding[]): Conclusion {
  const errors = failed(findings, "error");
  const warnings = failed(findings, "warning");
  const worst = errors[0] ?? warnings.find(({ cause }) => cause !== undefined);
  // Behind a door that only Twilio passes, nothing that follows says anything of the server.
  const locked = errors.find(({ cause }) => cause === "needs-token");
  const finding = locked ?? worst;
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

/** Exit code: 0 no errors, 1 some (with `strict` warnings too), 3 the server was not reached or lets only Twilio in. */
export function exitCodeOf(
  findings: readonly Finding[],
  { ok, cause }: Conclusion,
  kind: "webhook" | "stream",
  strict: boolean,
): 0 | 1 | 3 {
  if (ok === null || unreached.includes(cause) || (kind === "stream" && unreachedStreams.includes(cause))) return 3;
  if (!ok) return 1;
  return strict && failed(findings, "warning").length > 0 ? 1 : 0;
}
