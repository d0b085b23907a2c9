// All checks together: their data, and that none throws on a call that broke off.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { CAUSES } from "../../../src/doctor/causes/causes.ts";
import { DOCTOR_CHECKS, judgeAll } from "../../../src/doctor/checks/checks.ts";
import { STAGES } from "../../../src/doctor/evidence/evidence.ts";
import { answeredCall, madeDoctorEvidence } from "./made.ts";

test("DOCTOR_CHECKS: ids are unique and dotted; each check has a requirement, an expectation and a source", () => {
  const ids = DOCTOR_CHECKS.map(({ id }) => id);
  assertEquals(ids.length, new Set(ids).size);
  for (const { id, requirement, expected, source } of DOCTOR_CHECKS) {
    assert(/^[a-z]+\.[a-z-]+$/.test(id), id);
    assert(requirement.endsWith(".") && expected !== "", `${id}: ${requirement}`);
    assert(/^(?:https:\/\/|RFC \d+)/.test(source), `${id}: ${source}`);
  }
});

test("judgeAll: without calls or answers, no check throws and none passes", () => {
  const bare = madeDoctorEvidence({ calls: [], webhookHost: undefined, streamUrl: undefined, streamHost: undefined, handshakes: [] });
  assertEquals(
    judgeAll(DOCTOR_CHECKS, bare)
      .filter(({ level }) => level !== "untested")
      .map(({ id }) => id),
    [],
  );
  judgeAll(DOCTOR_CHECKS, madeDoctorEvidence({}, answeredCall()));
});

test("CAUSES: each has a leg, a reason and a fix", () => {
  for (const [code, { stage, why, fix, callerHears }] of Object.entries(CAUSES)) {
    assert(STAGES.includes(stage) && why !== "" && fix !== "" && callerHears !== "", code);
    assert(!/[.]$/.test(why), `${code}: ${why}`);
  }
});
