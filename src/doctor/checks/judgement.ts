// How the checks put their judgements together. A check names the cause and the evidence; Twilio's error code and the
// fix come from causes/.

import { findingOf } from "../../report/finding.ts";
import type { HttpExchange } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { CauseCode } from "../causes/causes.ts";
import { CAUSES, fixFor } from "../causes/causes.ts";
import { REMARKS, type Remark } from "../causes/remarks.ts";
import type { DoctorCheck, DoctorFinding, DoctorJudgement, Evidence } from "../evidence/evidence.ts";
import { judgedExchange } from "../evidence/exchanges.ts";
import { firstStream, type StreamFacts } from "../evidence/stream-facts.ts";

export const NO_WEBHOOK = "the URL is a stream's: there is no webhook";
export const NO_ANSWER = "there was no answer";

/** `expected` overrides the check's own. */
export type JudgementDetails = Omit<DoctorJudgement, "ok" | "actual" | "cause">;

export function passed(actual: string, details: JudgementDetails = {}): DoctorJudgement {
  return { ok: true, actual, ...details };
}

/** Twilio's error code and the fix are the cause's, unless `details` overrides them. */
export function failed(cause: CauseCode, actual: string, details: JudgementDetails = {}): DoctorJudgement {
  const { twilioError } = CAUSES[cause];
  return { ok: false, actual, cause, ...(twilioError === undefined ? {} : { twilioCode: twilioError }), fix: fixFor(cause), ...details };
}

/** The requirement is not met, but no caller notices: level info, without a cause. */
export function remarked(remark: Remark, actual: string, details: Omit<JudgementDetails, "level"> = {}): DoctorJudgement {
  return { ok: false, level: "info", actual, fix: { text: REMARKS[remark] }, ...details };
}

/** `why`: what the call did not reach, or what was not given. */
export function untested(why: string, details: JudgementDetails = {}): DoctorJudgement {
  return { ok: undefined, actual: why, ...details };
}

/** Judges the exchange of the first document, or the one that failed; untested without a webhook. */
export function onWebhook(judge: (exchange: HttpExchange, evidence: Evidence) => DoctorJudgement): (evidence: Evidence) => DoctorJudgement {
  return (evidence) => {
    if (evidence.target.kind === "stream") return untested(NO_WEBHOOK);
    const [first] = evidence.calls;
    const exchange = first === undefined ? undefined : judgedExchange(first.call);
    return exchange === undefined ? untested("no request was made") : judge(exchange, evidence);
  };
}

/** Judges the first call's stream; untested when it had none. */
export function onStream(judge: (stream: StreamFacts, evidence: Evidence) => DoctorJudgement): (evidence: Evidence) => DoctorJudgement {
  return (evidence) => {
    const stream = firstStream(evidence);
    return stream === undefined ? untested("the call had no stream") : judge(stream, evidence);
  };
}

/** The finding in the report. */
export function doctorFinding(check: Omit<DoctorCheck, "judge">, judged: DoctorJudgement): DoctorFinding {
  return findingOf(check, { expected: check.expected, ...judged });
}
