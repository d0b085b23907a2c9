// Writes reach the tables, once, and a batch is whole or not there at all.

import { test } from "bun:test";
import { assertEquals, assertThrows } from "@std/assert";
import { makeWriter } from "../../../src/adapters/store/apply-writes.ts";
import { readCall } from "../../../src/adapters/store/read-calls.ts";
import { withDatabase } from "./scratch.ts";
import { began, ended, START_MS, turned, wholeCall } from "./writes.ts";

test("makeWriter: the whole story of a call is stored", () => {
  withDatabase(wholeCall("CA1"), (db) => {
    const story = readCall(db, "CA1");
    assertEquals(story?.call, {
      callSid: "CA1",
      from: "+14155550100",
      to: "+12125550199",
      direction: "inbound",
      agent: "reception",
      model: "gpt-realtime-2.1",
      createdMs: START_MS,
      startedMs: START_MS + 301,
      endedMs: START_MS + 60_000,
      endBy: "caller",
      endCause: "hangup",
      fallback: "none",
      twilioCode: null,
      longestWaitMs: 700,
      costUsd: 0.0123,
      turns: 1,
      inputTokens: 120,
      outputTokens: 45,
    });
    assertEquals(story?.turns, [
      {
        trigger: "speech",
        atMs: START_MS + 1_000,
        latencyMs: 420,
        interrupted: false,
        callerText: "Is my table booked?",
        modelText: "Let me look.",
      },
    ]);
    assertEquals(story?.notes, [{ atMs: START_MS + 3_000, name: "agent.interrupted", fields: {} }]);
    assertEquals(story?.tools, [
      {
        name: "find_booking",
        arguments: '{"phone":"+14155550100"}',
        output: "Seven o'clock.",
        startedMs: START_MS + 2_000,
        returnedMs: START_MS + 2_500,
      },
    ]);
    assertEquals(story?.counts?.["heardMs"], 3_900);
  });
});

test("makeWriter: a batch that is applied twice is stored once", () => {
  withDatabase(wholeCall("CA1"), (db) => {
    const once = readCall(db, "CA1");
    makeWriter(db, "instance-1")(wholeCall("CA1"), START_MS);
    assertEquals(readCall(db, "CA1"), once);
  });
});

test("makeWriter: a turn is replaced by its later state", () => {
  const first = turned("CA1", 0, "Is my", "");
  withDatabase([began("CA1"), first, turned("CA1", 0, "Is my table booked?", "Yes.", { interrupted: true })], (db) => {
    const [turn, ...more] = readCall(db, "CA1")?.turns ?? [];
    assertEquals([turn?.callerText, turn?.interrupted, more.length], ["Is my table booked?", true, 0]);
  });
});

test("makeWriter: a batch of which one write fails is not there at all, and the next one is", () => {
  withDatabase([], (db) => {
    const write = makeWriter(db, "instance-1");
    const broken = { ...began("CA2"), from: Symbol("not text") as unknown as string } as ReturnType<typeof began>;
    assertThrows(() => write([began("CA1"), broken], START_MS));
    assertEquals(readCall(db, "CA1"), undefined);
    write([began("CA1")], START_MS);
    assertEquals(readCall(db, "CA1")?.call.endedMs, null);
  });
});

test("makeWriter: writes of a call that is not stored change nothing", () => {
  withDatabase(wholeCall("CA1").slice(1), (db) => {
    assertEquals(readCall(db, "CA1"), undefined);
    assertEquals(db.prepare("SELECT count(*) AS n FROM turns").get(), { n: 0 });
  });
});

test("makeWriter: how a call ended is known by who and why", () => {
  withDatabase(
    [began("CA1"), ended("CA1", { end: { by: "model", cause: "modelRefused" }, twilioCode: 31921, fallback: "apology" })],
    (db) => {
      const { endBy, endCause, twilioCode, fallback } = readCall(db, "CA1")?.call ?? {};
      assertEquals([endBy, endCause, twilioCode, fallback], ["model", "modelRefused", 31921, "apology"]);
    },
  );
});
