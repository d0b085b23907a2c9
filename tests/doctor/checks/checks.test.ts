// All checks together: ids, causes, and that none of them throws on a call that broke off.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { CAUSES } from "../../../src/doctor/causes/causes.ts";
import { DOCTOR_CHECKS, judgeAll } from "../../../src/doctor/checks/checks.ts";
import { STAGES } from "../../../src/doctor/evidence/evidence.ts";
import { answeredCall, madeDoctorEvidence } from "./made.ts";

test("DOCTOR_CHECKS: every id once, dotted, with a requirement and a source", () => {
  const ids = DOCTOR_CHECKS.map(({ id }) => id);
  assertEquals(ids.length, new Set(ids).size);
  for (const { id, requirement, source } of DOCTOR_CHECKS) {
    assert(/^[a-z]+\.[a-z-]+$/.test(id), id);
    assert(requirement.endsWith("."), `${id}: ${requirement}`);
    assert(/^(?:https:\/\/|RFC \d+)/.test(source), `${id}: ${source}`);
  }
});

test("judgeAll: of a run without calls, without answers, and without anything nothing throws, and nothing is called fine that was not seen", () => {
  const bare = madeDoctorEvidence({ calls: [], webhookHost: undefined, streamUrl: undefined, streamHost: undefined, handshakes: [] });
  assertEquals(
    judgeAll(DOCTOR_CHECKS, bare)
      .filter(({ level }) => level !== "untested")
      .map(({ id }) => id),
    [],
  );
  judgeAll(DOCTOR_CHECKS, madeDoctorEvidence({}, answeredCall()));
});

test("CAUSES: each is of a leg, and says why and what to do", () => {
  for (const [code, { stage, why, fix, callerHears }] of Object.entries(CAUSES)) {
    assert(STAGES.includes(stage) && why !== "" && fix !== "" && callerHears !== "", code);
    assert(!/[.]$/.test(why), `${code}: ${why}`);
  }
});
