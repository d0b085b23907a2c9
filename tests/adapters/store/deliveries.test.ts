// The outbox: what is due, in the order of each call, and what came of attempts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { makeWriter } from "../../../src/adapters/store/apply-writes.ts";
import { deliveriesOf, dueDeliveries, sendAgain } from "../../../src/adapters/store/deliveries.ts";
import { withDatabase } from "./scratch.ts";
import { began, ended, START_MS, wholeCall } from "./writes.ts";

const both = ["call.ended", "call.failed"] as const;
const failed = [began("CA2"), ended("CA2", { end: { by: "model", cause: "modelRefused" } })];

test("deliveries: a call that ended well has one event, a failed one both, of which the first is due first", () => {
  withDatabase(
    [...wholeCall("CA1"), ...failed, began("CA3")],
    (db) => {
      assertEquals(
        dueDeliveries(db, START_MS, 10).map(({ callSid, event }) => `${callSid} ${event}`),
        ["CA1 call.ended", "CA2 call.ended"],
      );
      const [first] = deliveriesOf(db, "CA2");
      const tried = (problem: string | undefined, nextMs: number | undefined) =>
        makeWriter(db, "i")([{ type: "delivery.tried", callSid: "CA2", id: first?.id ?? "", atMs: START_MS, problem, nextMs }], START_MS);
      const due = (nowMs: number) => dueDeliveries(db, nowMs, 10).flatMap(({ callSid, event }) => (callSid === "CA2" ? [event] : []));
      tried("answered 500", START_MS + 5_000);
      assertEquals([due(START_MS + 4_999), due(START_MS + 5_000)], [[], ["call.ended"]]);
      tried(undefined, undefined);
      assertEquals(due(START_MS), ["call.failed"]);
      assertEquals(
        deliveriesOf(db, "CA2").map(({ state, attempts, problem }) => [state, attempts, problem]),
        [
          ["delivered", 2, null],
          ["waiting", 0, null],
        ],
      );
    },
    both,
  );
});

test("deliveries: a parked one lets those behind it go; sendAgain wakes all of the call", () => {
  withDatabase(
    failed,
    (db) => {
      const [first] = deliveriesOf(db, "CA2");
      const parked = {
        type: "delivery.tried",
        callSid: "CA2",
        id: first?.id ?? "",
        atMs: START_MS,
        problem: "gone",
        nextMs: undefined,
      } as const;
      makeWriter(db, "i")([parked], START_MS);
      assertEquals(
        dueDeliveries(db, START_MS, 10).map(({ event }) => event),
        ["call.failed"],
      );
      assertEquals([sendAgain(db, "CA2", START_MS + 9), sendAgain(db, "CA9", START_MS)], [2, 0]);
      assertEquals(
        dueDeliveries(db, START_MS + 9, 10).map(({ event, createdMs }) => [event, createdMs]),
        [["call.ended", START_MS + 9]],
      );
    },
    both,
  );
});
