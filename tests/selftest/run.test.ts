// The limit of a run: calls that have not ended by then fail, and the run ends. That everything passes in time:
// selftest.test.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import * as platform from "#platform";
import { realClock } from "../../src/adapters/clock.ts";
import { plannedChecks } from "../../src/selftest/planned-checks.ts";
import { runSelftest } from "../../src/selftest/run.ts";

test("runSelftest: at the limit every check of an unfinished call fails, and none is left out", async () => {
  const { findings, conversation } = await runSelftest(platform, realClock(), 1);
  assertEquals(
    findings.map(({ id }) => id),
    plannedChecks.map(({ id }) => id),
  );
  assertEquals(conversation, undefined);
  const red = findings.filter(({ level }) => level !== "ok").map(({ id }) => id);
  for (const id of ["greeting.heard", "interrupt.truncate", "stop.no-leak"]) assert(red.includes(id), id);
});
