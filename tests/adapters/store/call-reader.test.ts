// Questions about past calls, answered by a thread of its own.

import { test } from "bun:test";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { realClock } from "../../../src/adapters/clock.ts";
import { makeWriter } from "../../../src/adapters/store/apply-writes.ts";
import { callReader, MAX_QUESTIONS } from "../../../src/adapters/store/call-reader.ts";
import { openDatabase } from "../../../src/adapters/store/open-database.ts";
import { inScratch } from "./scratch.ts";
import { START_MS, wholeCall } from "./writes.ts";

test("callReader: lists, reads and counts beside a writer; without a store it says so, and works once there is one", async () => {
  await inScratch(async (folder) => {
    const ask = callReader(folder, realClock());
    assertEquals((await ask({ type: "list", query: { limit: 5 } })).type, "failed");
    const { db } = openDatabase(join(folder, "calls.db"), START_MS);
    makeWriter(db, "instance-1")(wholeCall("CA1"), START_MS);
    const [list, story, missing, figures] = await Promise.all([
      ask({ type: "list", query: { limit: 5 } }),
      ask({ type: "read", callSid: "CA1" }),
      ask({ type: "read", callSid: "CA2" }),
      ask({ type: "figures", sinceMs: START_MS }),
    ]);
    assert(list.type === "list" && list.calls[0]?.callSid === "CA1", JSON.stringify(list));
    assert(story.type === "read" && story.story?.turns.length === 1, JSON.stringify(story));
    assertEquals(missing, { type: "read", story: undefined });
    assert(figures.type === "figures" && figures.figures.calls === 1, JSON.stringify(figures));
    db.close();
  });
});

test("callReader: too many questions at once are answered at once", async () => {
  await inScratch(async (folder) => {
    const ask = callReader(folder, realClock());
    const answers = await Promise.all(Array.from({ length: MAX_QUESTIONS + 1 }, () => ask({ type: "list", query: { limit: 1 } })));
    assertEquals(answers.at(-1), { type: "failed", problem: "too many questions at once" });
  });
});
