// Every check of the doctor's, along the path of a call, and their judging. The checks: doctor-*.ts, one file a leg.

import type { DoctorCheck, Evidence, Finding } from "./doctor.ts";
import { CONCURRENCY_CHECKS } from "./doctor-concurrency.ts";
import { HANDSHAKE_CHECKS } from "./doctor-handshake.ts";
import { HANGUP_CHECKS } from "./doctor-hangup.ts";
import { INTERRUPT_CHECKS } from "./doctor-interrupt.ts";
import { MEDIA_CHECKS } from "./doctor-media.ts";
import { REPLY_CHECKS } from "./doctor-reply.ts";
import { START_CHECKS } from "./doctor-start.ts";
import { TWIML_CHECKS } from "./doctor-twiml.ts";
import { URL_CHECKS } from "./doctor-url.ts";
import { WEBHOOK_CHECKS } from "./doctor-webhook.ts";

/** All of them. */
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
export function judgeAll(checks: readonly DoctorCheck[], evidence: Evidence): readonly Finding[] {
  return checks.map(({ judge, ...check }) => ({ ...check, ...judge(evidence) }));
}
