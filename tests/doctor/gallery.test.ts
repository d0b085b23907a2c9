// The doctor against the gallery: each faulty server's cause has to be named, and no error may be found on a healthy
// one. The confusion table goes to the log. What the servers do: gallery/; that they do it: gallery-servers.test.ts.

import { afterAll, test } from "bun:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { inTurns } from "../support/in-turns.ts";
import { patientClock } from "../support/patient-clock.ts";
import { askDoctor, type Diagnosis } from "./ask-doctor.ts";
import { confusionTable } from "./confusion.ts";
import { gallery } from "./gallery/all.ts";
import type { Exhibit } from "./gallery/exhibit.ts";

const width = 8;
const clock = patientClock(6);

async function examine(exhibit: Exhibit): Promise<Diagnosis> {
  const standing = await exhibit.open({ clock });
  try {
    return await askDoctor(standing.url, exhibit.asking ?? {}, clock);
  } finally {
    await standing.stop();
  }
}

/** A warning has a cause too; a server that works with warnings is well. */
const nameOf =
  (isHealthy: boolean) =>
  ({ ok, doctor }: Diagnosis): string =>
    isHealthy && ok ? "healthy" : doctor.cause;

const present = gallery.filter(({ missing }) => missing?.() === undefined);
const reports = inTurns(width, present, examine);

for (const exhibit of gallery) {
  const missing = exhibit.missing?.();
  const named = exhibit.causes[0] === "healthy" ? "no error is found" : `${exhibit.causes.join(" or ")} is named`;
  test.skipIf(missing !== undefined)(`voice doctor: ${exhibit.name}${missing === undefined ? "" : ` (${missing})`}: ${named}`, async () => {
    const report = await reports.get(exhibit);
    assert(report !== undefined);
    const errors = report.findings.filter(({ level }) => level === "error").map(({ id, actual }) => `${id}: ${actual}`);
    if (exhibit.causes[0] === "healthy") assertEquals([report.ok, errors], [true, []]);
    else
      assert(exhibit.causes.includes(report.doctor.cause), `named ${report.doctor.cause}\n${report.doctor.verdict}\n${errors.join("\n")}`);
  });
}

test("confusionTable: says which servers were named wrongly, and how many rightly", () => {
  const table = confusionTable([
    { name: "a", causes: ["url-dns"], named: "url-dns" },
    { name: "b", causes: ["url-dns", "url-private"], named: "url-private" },
    { name: "c", causes: ["url-dns"], named: "healthy" },
  ]);
  assertMatch(table, /^url-dns +healthy +1 {2}WRONG: c$/m);
  assertMatch(table, /^url-dns +url-private +1$/m);
  assertMatch(table, /^2 of 3 /m);
});

afterAll(async () => {
  const named = [...reports].map(async ([{ name, causes }, report]) => {
    const named = await report.then(nameOf(causes[0] === "healthy"), () => "the doctor threw");
    return { name, causes, named };
  });
  const diagnoses = await Promise.all(named);
  console.log(confusionTable(diagnoses));
});
