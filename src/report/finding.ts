// What selftest, doctor, check and load all report: a check as data, as in h2spec (id, requirement, expected,
// actual), the finding it leads to, and the exit code. Pure. How findings are shown: terminal.ts, json.ts, junit.ts.
// The fields are documented in docs/reports.md.

/**
 * How a finding stands.
 * - `ok`: the requirement is met.
 * - `info`: it is not met, but nothing is wrong: worth knowing.
 * - `warning`: it works now, and fails under some circumstances.
 * - `error`: it is broken: calls fail, or callers suffer.
 * - `unreachable`: a service that would have to answer could not be reached, so nothing is known.
 * - `untested`: not tested, because the call did not get that far or the settings for it are missing.
 */
export type Level = (typeof LEVELS)[number];
export const LEVELS = ["ok", "info", "warning", "error", "unreachable", "untested"] as const;

/** The level of a check whose requirement is not met. */
export type FailureLevel = "error" | "warning" | "info";

/**
 * 0: good. 1: bad news. 2: wrong use, nothing was run. 3: what was to be tested could not be reached, or accepts only
 * Twilio.
 */
export type ExitCode = 0 | 1 | 2 | 3;

/** Frameworks that have fixes of their own. */
export type Stack = "express-ws" | "fastify" | "fastapi" | "flask" | "hono-bun";

/** What to do about a problem: for everyone, and in the words of a framework where that helps. */
export interface Fix {
  readonly text: string;
  readonly stacks?: Partial<Readonly<Record<Stack, string>>>;
}

/** Something that was tested, and how it stands. `expected` and `actual` are one line each. */
export interface Finding<Stage extends string = string, Cause extends string = string> {
  /** Stable and dotted, for machines: "handshake.several". */
  readonly id: string;
  /** The leg of the call, or the topic. */
  readonly stage: Stage;
  readonly level: Level;
  /** One sentence. */
  readonly requirement: string;
  readonly expected: string;
  readonly actual: string;
  /** URL or RFC section of the rule. */
  readonly source: string;
  /** Code of the cause, where one is known. */
  readonly cause?: Cause;
  /** The error code that Twilio's console shows. */
  readonly twilioCode?: number;
  readonly fix?: Fix;
  /** Requests, responses, frames, times: one per line. */
  readonly evidence?: readonly string[];
  /** How long the tested thing took. */
  readonly ms?: number;
}

/** What a check says about its evidence. */
export interface Judgement<Cause extends string = string>
  extends Pick<Finding<string, Cause>, "expected" | "actual" | "cause" | "twilioCode" | "fix" | "evidence" | "ms"> {
  /** Undefined: could not be tested. */
  readonly ok: boolean | undefined;
  /** Overrides the check's own level, where the evidence makes it better or worse. */
  readonly level?: FailureLevel;
}

/** Something a voice server must do, and how to see in the evidence of a call whether it does. */
export interface Check<Evidence, Stage extends string = string, Cause extends string = string>
  extends Pick<Finding<Stage, Cause>, "id" | "stage" | "requirement" | "source"> {
  readonly level: FailureLevel;
  /** Pure: equal evidence, equal judgement. Never throws on evidence of a call that broke off. */
  judge(evidence: Evidence): Judgement<Cause>;
}

/** A run of one of the tools. */
export interface Report {
  readonly tool: "selftest" | "doctor" | "check" | "load";
  readonly version: string;
  readonly runtime: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly exitCode: ExitCode;
  readonly findings: readonly Finding[];
}

export function findingOf<Stage extends string, Cause extends string>(
  { id, stage, level, requirement, source }: Omit<Check<never, Stage, Cause>, "judge">,
  { ok, level: overriding = level, ...judged }: Judgement<Cause>,
): Finding<Stage, Cause> {
  return { id, stage, level: ok === undefined ? "untested" : ok ? "ok" : overriding, requirement, source, ...judged };
}

/** 1 when there is an error, else 3 when something could not be reached, else 0: warnings are not errors. */
export function exitCodeOf(findings: readonly Finding[]): ExitCode {
  const has = (wanted: Level): boolean => findings.some(({ level }) => level === wanted);
  if (has("error")) return 1;
  return has("unreachable") ? 3 : 0;
}
