// The doctor against the gallery: it names each faulty server's cause, and finds neither errors nor unlisted warnings
// on healthy servers. What the servers do: gallery/; that they do it: gallery-servers.test.ts.

import { afterAll, test } from "bun:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { CAUSES } from "../../src/doctor/causes/causes.ts";
import { inTurns } from "../support/in-turns.ts";
import { patientClock } from "../support/patient-clock.ts";
import { askDoctor, type DoctorJson } from "./ask-doctor.ts";
import { confusionTable, type Diagnosis } from "./confusion.ts";
import { gallery } from "./gallery/all.ts";
import type { Exhibit } from "./gallery/exhibit.ts";

/** Exhibits examined at the same time. */
const width = 8;
const clock = patientClock(6);

async function examine(exhibit: Exhibit): Promise<DoctorJson> {
  const server = await exhibit.open({ clock });
  try {
    return await askDoctor(server, exhibit.flags ?? {}, clock);
  } finally {
    await server.stop();
  }
}

const isHealthy = ({ cause }: Exhibit): boolean => cause === "healthy";
const present = gallery.filter(({ missing }) => missing?.() === undefined);
const reports = inTurns(width, present, examine);

/** "id: actual" of the checks of a level. */
function failures({ checks }: DoctorJson, level: "error" | "warning"): readonly string[] {
  return checks.filter((check) => check.level === level).map(({ id, actual }) => `${id}: ${actual}`);
}

for (const exhibit of gallery) {
  const missing = exhibit.missing?.();
  const promise = isHealthy(exhibit) ? "no error, no false warning" : exhibit.cause;
  const name = `voice doctor: ${exhibit.name}${missing === undefined ? "" : ` (${missing})`}: ${promise}`;
  test.skipIf(missing !== undefined)(name, async () => {
    const report = await reports.get(exhibit);
    assert(report !== undefined);
    const errors = failures(report, "error");
    if (!isHealthy(exhibit)) {
      const { cause, verdict } = report;
      assert(exhibit.cause === cause, `named ${cause}\n${verdict}\n${errors.join("\n")}`);
      return;
    }
    const warnings = failures(report, "warning").filter((line) => !exhibit.warnings?.some((id) => line.startsWith(`${id}:`)));
    assertEquals([report.ok, errors, warnings], [true, [], []]);
  });
}

for (const exhibit of present.filter(({ names }) => names !== undefined)) {
  test(`voice doctor: ${exhibit.name}: no other cause is named`, async () => {
    const checks = (await reports.get(exhibit))?.checks ?? [];
    const named = checks.flatMap(({ cause }) => (cause === undefined || cause === null ? [] : [cause]));
    assertEquals([...new Set(named)].sort(), [...(exhibit.names ?? [])].sort());
  });
}

/** Causes that cannot be shown, and why. */
const withoutExhibit: Partial<Record<string, string>> = {
  "webhook-unreachable": "Bun reports every failed connection as ECONNREFUSED, ENETUNREACH and EHOSTUNREACH included",
};

test("gallery: every cause has an exhibit for which the doctor names it", async () => {
  const shown = gallery.map(({ cause }) => cause);
  assertEquals(
    Object.keys(CAUSES).filter((code) => shown.includes(code) === code in withoutExhibit),
    [],
  );
  const named = (await diagnose()).map((diagnosis) => diagnosis.named);
  const skipped = gallery.filter((exhibit) => !present.includes(exhibit)).map(({ cause }) => cause);
  assertEquals(
    shown.filter((code) => !named.includes(code) && !skipped.includes(code)),
    [],
  );
});

test("gallery: a listed warning is given, so that no list outlives its reason", async () => {
  for (const exhibit of present) {
    const report = await reports.get(exhibit);
    const warnings = report === undefined ? [] : failures(report, "warning");
    for (const id of exhibit.warnings ?? [])
      assert(
        warnings.some((line) => line.startsWith(`${id}:`)),
        `${exhibit.name}: ${id}`,
      );
  }
});

test("confusionTable: shows which servers were misdiagnosed, and how many were not", () => {
  const table = confusionTable([
    { name: "a", cause: "url-dns", named: "url-dns" },
    { name: "b", cause: "url-dns", named: "url-dns" },
    { name: "c", cause: "url-dns", named: "healthy" },
  ]);
  assertMatch(table, /^url-dns +healthy +1 {2}WRONG: c$/m);
  assertMatch(table, /^url-dns +url-dns +2$/m);
  assertMatch(table, /^2 of 3 /m);
});

/** A healthy server is named healthy if it has no errors and no warnings but those listed. */
function nameOf(exhibit: Exhibit, report: DoctorJson): string {
  if (!isHealthy(exhibit) || !report.ok) return report.cause;
  const expected = exhibit.warnings ?? [];
  const isExpected = (line: string): boolean => expected.some((id) => line.startsWith(`${id}:`));
  return failures(report, "warning").every(isExpected) ? "healthy" : `${report.cause} (warning)`;
}

function diagnose(): Promise<readonly Diagnosis[]> {
  return Promise.all(
    [...reports].map(async ([exhibit, report]) => {
      const named = await report.then(
        (finished) => nameOf(exhibit, finished),
        () => "the doctor threw",
      );
      return { name: exhibit.name, cause: exhibit.cause, named };
    }),
  );
}

afterAll(async () => console.log(confusionTable(await diagnose())));
