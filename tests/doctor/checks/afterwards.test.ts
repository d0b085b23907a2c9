// The check of what answers after the calls.

import { test } from "bun:test";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import { AFTERWARDS_CHECKS } from "../../../src/doctor/checks/afterwards.ts";
import type { Afterwards, WebhookTry } from "../../../src/doctor/evidence/evidence.ts";
import { assertCause, madeDoctorEvidence, madeHandshake } from "./made.ts";

const answered = (status: number, isTwiml: boolean): WebhookTry => ({
  variant: "after the call",
  signedUrl: undefined,
  status,
  isTwiml,
  body: "",
});
const refused = { ...answered(0, false), status: undefined, failure: { kind: "refused", detail: "connection refused" } } as const;
const good = answered(200, true);
const opened = madeHandshake({ variant: "after" });

const cases: readonly (readonly [name: string, afterwards: Afterwards | undefined, wanted: CauseCode | "passed" | "untested"])[] = [
  ["both answer", { webhook: [good], handshake: [opened] }, "passed"],
  ["a webhook that limits its rate", { webhook: [answered(429, false)], handshake: [opened] }, "passed"],
  ["a webhook that answers 500", { webhook: [answered(500, false), answered(500, false)], handshake: [opened] }, "works-once"],
  ["a webhook that answers without TwiML", { webhook: [answered(200, false), good], handshake: [opened] }, "works-once"],
  ["nothing listens", { webhook: [refused, refused], handshake: [] }, "process-died"],
  ["nothing listens, and it is back later", { webhook: [refused, good], handshake: [opened] }, "process-died"],
  ["a gateway without a server", { webhook: [answered(502, false), good], handshake: [opened] }, "process-died"],
  ["a handshake that is refused", { webhook: [good], handshake: [madeHandshake({ variant: "after" }, 403)] }, "works-once"],
  ["nothing was requested", undefined, "untested"],
];
for (const [name, afterwards, wanted] of cases) {
  test(`afterwards.works: ${name}: ${wanted}`, () => {
    assertCause(AFTERWARDS_CHECKS, "afterwards.works", madeDoctorEvidence(afterwards === undefined ? {} : { afterwards }), wanted);
  });
}
