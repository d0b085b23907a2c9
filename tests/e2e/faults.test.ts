// Every fault at every moment, on real sockets, judged by what the caller hears. FAULT=model.dns or
// FAULT=model.dns@greeting runs one, FAULT=@greeting a moment; UPDATE_RELIABILITY=1 regenerates the tables of
// docs/reliability.md.

import { test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { patientClock } from "../support/patient-clock.ts";
import { renderDocument } from "./faults/document.ts";
import { soundOf, TONES_HZ, tone } from "./faults/heard-sounds.ts";
import { type Judged, judge } from "./faults/judge.ts";
import { cells, matrix } from "./faults/matrix.ts";
import { Stage } from "./faults/stage.ts";

/** As fast as two cores can go. The clock waits for them. */
const FASTER = 20;
/** Cells at the same time. */
const AT_ONCE = 12;
const LIMIT_MS = 180_000;

const wanted = process.env["FAULT"];
const chosen = cells.filter(({ row, moment }) => wanted === undefined || [row.id, `@${moment}`, `${row.id}@${moment}`].includes(wanted));
const clock = patientClock(FASTER);
const runs = chosen.map((cell) => ({ cell, ...Promise.withResolvers<Judged>() }));

async function runAll(): Promise<void> {
  const second = new Stage(clock);
  const waiting = [...runs];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      next.promise.catch(() => {}); // its own test, which runs later, reports it
      await judge(clock, next.cell, `${second.baseUrl}/twilio/fallback`).then(next.resolve, next.reject);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  await second.stop();
}

const all = runAll();

for (const { cell, promise } of runs) {
  test(
    `${cell.row.id}: ${cell.moment}: ${cell.cell.hears.join(", ")} (${cell.cell.wait})`,
    async () => {
      const { complaints } = await promise;
      assertEquals(complaints, []);
    },
    LIMIT_MS,
  );
}

test("soundOf: a sound that was cut off is never taken for another one", () => {
  for (const what of ["greeting", "answer"] as const) {
    const whole = tone(TONES_HZ[what], 300);
    for (let bytes = 1; bytes <= 960; bytes++) {
      for (const from of [0, 7, 960]) {
        const heard = soundOf(whole.slice(from, from + bytes));
        assert(heard === what || (heard === undefined && bytes < 40), `${bytes} bytes of the ${what} from ${from}: ${heard}`);
      }
    }
  }
});

test(
  "the matrix: at least 120 cells, none empty",
  async () => {
    await all;
    assert(cells.length >= 120, `${cells.length} cells`);
    for (const row of matrix) for (const [moment, cell] of Object.entries(row.cells)) assert(cell !== "", `${row.id}, ${moment}`);
    assertEquals(new Set(matrix.map(({ id }) => id)).size, matrix.length);
  },
  LIMIT_MS,
);

test("docs/reliability.md: the tables agree with the matrix", () => {
  const file = new URL("../../docs/reliability.md", import.meta.url);
  const document = readFileSync(file, "utf8");
  const rendered = renderDocument(document);
  if (process.env["UPDATE_RELIABILITY"] === "1") writeFileSync(file, rendered);
  else assertEquals(document, rendered);
});
