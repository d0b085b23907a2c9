// From the findings to the verdict: what the caller suffers first, why, and the fix. Pure.

import type { ExitCode, FailureLevel, Fix } from "../../report/finding.ts";
import { type DoctorFinding, STAGES, type Stage } from "../evidence/evidence.ts";
import type { Cause } from "./cause.ts";
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

/** What a caller suffers counts more than what may happen, and that more than what only the owner must know. */
const harms = [undefined, "risk", "security"] as const;

function harmOf({ cause }: DoctorFinding): Cause["harm"] {
  return cause === undefined ? undefined : CAUSES[cause].harm;
}

export function isSecurityFinding(finding: DoctorFinding): boolean {
  return harmOf(finding) === "security";
}

/** The failed checks of a level: by whom they harm, then in the order in which a call meets them. */
function failed(findings: readonly DoctorFinding[], level: FailureLevel): readonly DoctorFinding[] {
  const failures = findings.filter((finding) => finding.level === level);
  const rank = (finding: DoctorFinding): number => harms.indexOf(harmOf(finding)) * STAGES.length + STAGES.indexOf(finding.stage);
  return [...failures].sort((a, b) => rank(a) - rank(b));
}

function verdictOf(cause: CauseCode, callerHears: string, finding: DoctorFinding | undefined, findings: readonly DoctorFinding[]): string {
  const { why } = CAUSES[cause];
  if (cause === "healthy") return healthyVerdict(findings, callerHears);
  if (cause === "needs-token")
    return "Unknown: the server rejects an unsigned request, as one does that checks Twilio's signature, and no auth token was given to sign with.";
  const detail = finding === undefined || finding.actual === "" ? "" : ` (${finding.id}: ${finding.actual})`;
  if (finding?.level !== "warning") return `A caller hears ${callerHears}, because ${why}${detail}.`;
  const heard = hadConversation(findings) || cause === "reply-late" ? "a conversation" : callerHears;
  return `A caller hears ${heard}, but ${why}${detail}.`;
}

/** A conversation is an answer to what the caller said. */
function hadConversation(findings: readonly DoctorFinding[]): boolean {
  return findings.some(({ id, level }) => id === "reply.latency" && level === "ok");
}

/** The legs without which a server is not healthy, however little is wrong. */
const neededLegs: readonly Stage[] = ["handshake", "start", "media", "reply", "interrupt"];

function healthyVerdict(findings: readonly DoctorFinding[], callerHears: string): string {
  const heard = callerHears === CAUSES.healthy.callerHears ? "" : ` A caller hears ${callerHears}.`;
  const untried = neededLegs.flatMap((stage) => {
    const own = findings.filter((finding) => finding.stage === stage);
    return own.length > 0 && own.every(({ level }) => level === "untested") ? [`${stage} (${own[0]?.actual})`] : [];
  });
  const reply = findings.find(({ id }) => id === "reply.latency");
  if (!hadConversation(findings)) {
    const reason = reply === undefined || reply.actual === "" ? "" : `: ${reply.actual}`;
    return `No fault was found, but no conversation was seen${reason}.${heard}`;
  }
  if (untried.length > 0) return `No fault was found, but not everything could be tried: ${untried.join("; ")}.${heard}`;
  const offered = findings.find(({ id }) => id === "handshake.subprotocol-offered");
  const offers = offered?.level === "ok" ? " The stream opens with and without an offer of audio.twilio.com." : "";
  const open = findings.find(({ id, level }) => id === "start.stays-open" && level === "ok");
  // "open for 20 s", or a sentence of its own: "the server hung up 13 s after start".
  const listened = open === undefined ? "" : `; ${open.actual.startsWith("open ") ? "the stream was " : ""}${open.actual}`;
  return `Healthy: a caller would have a conversation (the reply came ${reply?.actual}${listened}).${offers}`;
}

/**
 * A warning is the cause only if there is no error, and leaves `ok` true. `lacksStream`: the call opened no stream
 * although it should have, which is a fault even if no check names it. `hear`: what the caller heard in the played
 * call, where that shows the cause.
 */
export function deduce(
  findings: readonly DoctorFinding[],
  lacksStream = false,
  hear: (cause: CauseCode) => string | undefined = () => undefined,
): Conclusion {
  const errors = failed(findings, "error");
  const warnings = failed(findings, "warning");
  // Where only signed requests are accepted, the rest of the call shows nothing about the server.
  const locked = errors.find(({ cause }) => cause === "needs-token");
  const worst = locked ?? errors[0];
  const finding = worst ?? (lacksStream ? undefined : warnings[0]);
  const cause = finding?.cause ?? (lacksStream && worst === undefined ? "stream-not-opened" : "healthy");
  const { stage, twilioError, fix } = CAUSES[cause];
  const callerHears = hear(cause) ?? CAUSES[cause].callerHears;
  return {
    ok: locked === undefined ? errors.length === 0 && !lacksStream : null,
    verdict: verdictOf(cause, callerHears, finding, findings),
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
