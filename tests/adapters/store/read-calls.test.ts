// Lists, filters, pages and full-text search of stored calls.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { type CallQuery, listCalls, readCall, searchOf } from "../../../src/adapters/store/read-calls.ts";
import { withDatabase } from "./scratch.ts";
import { began, ended, START_MS, turned } from "./writes.ts";

const calls = [
  began("CA1", { atMs: START_MS, agent: "reception", from: "+1 (415) 555-0100" }),
  turned("CA1", 0, "Ich hätte gern einen Tisch", "Für wie viele Personen?"),
  ended("CA1"),
  began("CA2", { atMs: START_MS + 1, agent: "night", to: "sip:desk@PBX.example.com:5060" }),
  turned("CA2", 0, 'a "quoted" OR word', "NOT an operator"),
  ended("CA2", { end: { by: "model", cause: "modelRefused" } }),
  began("CA3", { atMs: START_MS + 1, from: "+4930123456" }),
];

const cases: readonly (readonly [string, Omit<CallQuery, "limit">, readonly string[]])[] = [
  ["everything: the newest first", {}, ["CA3", "CA2", "CA1"]],
  ["since", { sinceMs: START_MS + 1 }, ["CA3", "CA2"]],
  ["until", { untilMs: START_MS + 1 }, ["CA1"]],
  ["an agent", { agent: "night" }, ["CA2"]],
  ["who ended it", { end: "model" }, ["CA2"]],
  ["why it ended", { end: "hangup" }, ["CA1"]],
  ["a caller in another spelling", { number: "+14155550100" }, ["CA2", "CA1"]],
  ["a called address in another spelling", { number: "sip:desk@pbx.example.com" }, ["CA2"]],
  ["a word", { text: "tisch" }, ["CA1"]],
  ["a word without its accents", { text: "hatte" }, ["CA1"]],
  ["the beginning of a word", { text: "Perso" }, ["CA1"]],
  ["words of both sides must be in one of them", { text: "gern Tisch" }, ["CA1"]],
  ["words that are operators elsewhere", { text: "OR" }, ["CA2"]],
  ["quotation marks", { text: '"quoted"' }, ["CA2"]],
  ["nothing but signs finds nothing", { text: "* ( -" }, []],
  ["all that is given must hold", { agent: "reception", text: "quoted" }, []],
  ["the next page of calls of one moment", { before: { createdMs: START_MS + 1, callSid: "CA3" } }, ["CA2", "CA1"]],
];

for (const [what, query, expected] of cases) {
  test(`listCalls: ${what}`, () => {
    withDatabase(calls, (db) =>
      assertEquals(
        listCalls(db, { ...query, limit: 10 }).map(({ callSid }) => callSid),
        expected,
      ),
    );
  });
}

test("listCalls: no more than the limit", () => {
  withDatabase(calls, (db) => assertEquals(listCalls(db, { limit: 1 }).length, 1));
});

test("searchOf: no input is an error of FTS5", () => {
  withDatabase(calls, (db) => {
    for (const text of ['"', "a AND", "NEAR(", "caller_text:x", "a*b", "^a", "{a b}:c", "-", "", "\u0000", "'; DROP TABLE calls"]) {
      db.prepare("SELECT rowid FROM words WHERE words MATCH ?").all(searchOf(text));
    }
  });
});

test("readCall: a call that runs has no end; one that is not stored is not there", () => {
  withDatabase(calls, (db) => {
    const story = readCall(db, "CA3");
    assertEquals([story?.call.endedMs, story?.counts, story?.turns], [null, undefined, []]);
    assertEquals(readCall(db, "CA4"), undefined);
  });
});
