// The checks of servers that fail at first and work when the call is placed again.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { AWAKE_CHECKS } from "../../../src/doctor/checks/awake.ts";
import { madeCall, madeExchange } from "../../selftest/checks/made.ts";
import { answeredCall, assertCause, madeDoctorEvidence } from "./made.ts";
import { evidenceOf, playStream } from "./virtual-stream.ts";

const fault = { twilioCode: 11200, what: "Got HTTP 503 response" };
const asleep = { number: 1, call: answeredCall({ ...madeExchange("", 503), fault }), frames: [], actions: [] };

test("webhook.awake: a webhook that failed, and worked in a later call", () => {
  const call = { ...asleep.call, placedAtMs: 0, problems: [{ ...fault, atMs: 0, level: "error" as const }] };
  const judged = madeCall({ placedAtMs: 2_500 });
  const evidence = madeDoctorEvidence({ failedBefore: [{ ...asleep, call }] }, judged);
  const { actual, twilioCode } = assertCause(AWAKE_CHECKS, "webhook.awake", evidence, "webhook-cold-start");
  assertStringIncludes(actual, "11200, Got HTTP 503 response; the same call worked 2.50 s later");
  assertEquals(twilioCode, 11200);
  assertCause(AWAKE_CHECKS, "start.awake", evidence, "passed");
});

test("webhook.awake: a webhook that fails in every call is not judged", () => {
  assertCause(AWAKE_CHECKS, "webhook.awake", madeDoctorEvidence({ calls: [asleep] }), "untested");
});

test("start.awake: a stream that ended at once, and lasted in a later call", () => {
  const failed = playStream({ server: [[100, { close: 1011 }]], hangUpMs: 0 });
  const evidence = { ...evidenceOf(playStream({})), failedBefore: [failed] };
  assertCause(AWAKE_CHECKS, "start.awake", evidence, "stream-cold-start");
  assertCause(AWAKE_CHECKS, "webhook.awake", evidence, "passed");
});
