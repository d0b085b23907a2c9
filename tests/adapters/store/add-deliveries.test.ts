// What others receive of a call.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { addDeliveries } from "../../../src/adapters/store/add-deliveries.ts";
import { makeWriter } from "../../../src/adapters/store/apply-writes.ts";
import { deliveriesOf } from "../../../src/adapters/store/deliveries.ts";
import { closeUnfinished } from "../../../src/adapters/store/unfinished-calls.ts";
import { withDatabase } from "./scratch.ts";
import { began, START_MS, wholeCall } from "./writes.ts";

test("addDeliveries: the whole call as JSON, once", () => {
  withDatabase(
    wholeCall("CA1"),
    (db) => {
      makeWriter(db, "i", ["call.ended"])(wholeCall("CA1"), START_MS);
      const [delivery, ...more] = deliveriesOf(db, "CA1");
      assertEquals(more, []);
      const { type, data } = JSON.parse(delivery?.payload ?? "");
      assertEquals(
        [type, data.callSid, data.end, data.endedAt],
        ["call.ended", "CA1", { by: "caller", cause: "hangup" }, "2026-01-01T00:01:00.000Z"],
      );
      assertEquals(
        [data.turns[0].caller, data.turns[0].agent, data.tools[0].name],
        ["Is my table booked?", "Let me look.", "find_booking"],
      );
    },
    ["call.ended"],
  );
});

test("addDeliveries: also for a call whose process was killed", () => {
  withDatabase([began("CA1")], (db) => {
    const own = { id: "instance-2", pidSpace: "", pid: 1 };
    closeUnfinished(
      db,
      own,
      START_MS,
      () => false,
      (callSid) => addDeliveries(db, callSid, ["call.ended", "call.failed"], START_MS),
    );
    assertEquals(
      deliveriesOf(db, "CA1").map(({ event }) => event),
      ["call.ended", "call.failed"],
    );
  });
});

test("addDeliveries: no events, no deliveries", () => {
  withDatabase(wholeCall("CA1"), (db) => assertEquals(deliveriesOf(db, "CA1"), []));
});
