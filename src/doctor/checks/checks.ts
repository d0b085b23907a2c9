// Every check of the doctor's, along the path of a call, and their judging. The checks: doctor-*.ts, one file a leg.

import { findingOf } from "../../report/finding.ts";
import { fixFor } from "../causes/causes.ts";
import type { DoctorCheck, DoctorFinding, Evidence } from "../evidence/evidence.ts";
import { CONCURRENCY_CHECKS } from "./concurrency.ts";
import { HANDSHAKE_CHECKS } from "./handshake.ts";
import { HANGUP_CHECKS } from "./hangup.ts";
import { INTERRUPT_CHECKS } from "./interrupt.ts";
import { MEDIA_CHECKS } from "./media.ts";
import { REPLY_CHECKS } from "./reply.ts";
import { START_CHECKS } from "./start.ts";
import { TWIML_CHECKS } from "./twiml.ts";
import { URL_CHECKS } from "./url.ts";
import { WEBHOOK_CHECKS } from "./webhook.ts";

export const DOCTOR_CHECKS: readonly DoctorCheck[] = [
  ...WEBHOOK_CHECKS,
  ...TWIML_CHECKS,
  ...URL_CHECKS,
  ...HANDSHAKE_CHECKS,
  ...START_CHECKS,
  ...MEDIA_CHECKS,
  ...REPLY_CHECKS,
  ...INTERRUPT_CHECKS,
  ...HANGUP_CHECKS,
  ...CONCURRENCY_CHECKS,
];

/** Judges the evidence by each check. */
export function judgeAll(checks: readonly DoctorCheck[], evidence: Evidence): readonly DoctorFinding[] {
  return checks.map((check) => {
    const judged = check.judge(evidence);
    const fix = judged.fix ?? (judged.ok === false && judged.cause !== undefined ? fixFor(judged.cause) : undefined);
    return findingOf(check, fix === undefined ? judged : { ...judged, fix });
  });
}
