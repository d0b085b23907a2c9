// All checks, along the path of a call. To add one: write it in the file of its leg, give its cause an entry in causes/
// and a server in tests/doctor/gallery, and add a row to "Checks" in docs/doctor.md.

import type { DoctorCheck, DoctorFinding, Evidence } from "../evidence/evidence.ts";
import { AFTERWARDS_CHECKS } from "./afterwards.ts";
import { AWAKE_CHECKS } from "./awake.ts";
import { CONCURRENCY_CHECKS } from "./concurrency.ts";
import { HANDSHAKE_CHECKS } from "./handshake.ts";
import { HANGUP_CHECKS } from "./hangup.ts";
import { INTERRUPT_CHECKS } from "./interrupt.ts";
import { doctorFinding } from "./judgement.ts";
import { MEDIA_CHECKS } from "./media.ts";
import { REPLY_CHECKS } from "./reply.ts";
import { START_CHECKS } from "./start.ts";
import { TWIML_CHECKS } from "./twiml.ts";
import { URL_CHECKS } from "./url.ts";
import { WEBHOOK_CHECKS } from "./webhook.ts";

export const DOCTOR_CHECKS: readonly DoctorCheck[] = [
  ...AWAKE_CHECKS,
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
  ...AFTERWARDS_CHECKS,
];

export function judgeAll(checks: readonly DoctorCheck[], evidence: Evidence): readonly DoctorFinding[] {
  return checks.map((check) => doctorFinding(check, check.judge(evidence)));
}
