// What is too old goes, and everything of a number on request: also out of the file itself.

import { test } from "bun:test";
import { readFileSync } from "node:fs";
import { assert, assertEquals } from "@std/assert";
import { eraseNumber, forgetOld } from "../../../src/adapters/store/forget-calls.ts";
import { listCalls, readCall } from "../../../src/adapters/store/read-calls.ts";
import { withDatabase } from "./scratch.ts";
import { began, START_MS, wholeCall } from "./writes.ts";

const HOUR_MS = 3_600_000;
const keep = { transcriptMs: HOUR_MS, recordMs: 2 * HOUR_MS };

test("forgetOld: the words go first, the record later, and nothing before its time", () => {
  withDatabase(wholeCall("CA1"), (db) => {
    assertEquals(forgetOld(db, keep, START_MS + HOUR_MS), false);
    assertEquals(readCall(db, "CA1")?.turns[0]?.callerText, "Is my table booked?");
    forgetOld(db, keep, START_MS + HOUR_MS + 1);
    const story = readCall(db, "CA1");
    assertEquals([story?.turns[0]?.callerText, story?.turns[0]?.modelText, story?.turns[0]?.latencyMs], [null, null, 420]);
    assertEquals([story?.tools[0]?.arguments, story?.tools[0]?.output, story?.tools[0]?.name], [null, null, "find_booking"]);
    assertEquals(listCalls(db, { text: "table", limit: 10 }), []);
    forgetOld(db, keep, START_MS + 2 * HOUR_MS + 1);
    assertEquals(readCall(db, "CA1"), undefined);
    for (const table of ["turns", "notes", "tool_uses", "usage", "deliveries"])
      assertEquals(db.prepare(`SELECT count(*) AS n FROM ${table}`).get(), { n: 0 }, table);
  });
});

test("forgetOld: what is kept without an end stays, and so do calls that run", () => {
  withDatabase([...wholeCall("CA1"), began("CA2")], (db) => {
    forgetOld(db, { transcriptMs: undefined, recordMs: undefined }, START_MS + 1_000 * HOUR_MS);
    assertEquals(readCall(db, "CA1")?.turns[0]?.callerText, "Is my table booked?");
    forgetOld(db, keep, START_MS + 1_000 * HOUR_MS);
    assertEquals(
      listCalls(db, { limit: 10 }).map(({ callSid }) => callSid),
      ["CA2"],
    );
  });
});

test("forgetOld: many calls go in steps", () => {
  const calls = Array.from({ length: 250 }, (_, index) => wholeCall(`CA${index}`)).flat();
  withDatabase(calls, (db) => {
    assertEquals(forgetOld(db, keep, START_MS + 3 * HOUR_MS), true);
    assertEquals(forgetOld(db, keep, START_MS + 3 * HOUR_MS), false);
    assertEquals(listCalls(db, { limit: 10 }), []);
  });
});

test("eraseNumber: calls from and to it, in any spelling; what they said is not left in the files", () => {
  withDatabase(
    [...wholeCall("CA1"), began("CA2", { from: "+14155550177", to: "+14155550100" }), began("CA3", { from: "+1" })],
    (db, path) => {
      assertEquals(eraseNumber(db, "+1 (415) 555-0100"), 2);
      assertEquals(
        listCalls(db, { limit: 10 }).map(({ callSid }) => callSid),
        ["CA3"],
      );
      for (const file of [path, `${path}-wal`]) assert(!readFileSync(file, "latin1").includes("table booked"), file);
    },
  );
});
