// How the selftest's checks put their judgements together. Not the checks (one file per leg beside this one).

import type { Check, Judgement } from "../../report/finding.ts";

/**
 * The legs of a call, and two topics beside them: `failure`, where the model or the server fails, and `server`, the
 * server as a whole.
 */
export type SelftestStage = "webhook" | "twiml" | "handshake" | "start" | "media" | "interrupt" | "hangup" | "failure" | "server";

export type SelftestCheck<Evidence> = Check<Evidence, SelftestStage>;

/** `ms` only where the time is what was tested. */
export function judgementOf(ok: boolean, expected: string, actual: string, ms?: number): Judgement {
  return ms === undefined ? { ok, expected, actual } : { ok, expected, actual, ms };
}

/** Fails with the text of the first condition that does not hold. */
export function allHold(
  expected: string,
  actual: string,
  ...conditions: readonly (readonly [holds: boolean, otherwise: string])[]
): Judgement {
  const broken = conditions.find(([holds]) => !holds);
  return judgementOf(broken === undefined, expected, broken?.[1] ?? actual);
}
