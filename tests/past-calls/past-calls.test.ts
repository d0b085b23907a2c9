// `voice calls` on a store, beside a server that has it open.

import { test } from "bun:test";
import { join } from "node:path";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { makeWriter } from "../../src/adapters/store/apply-writes.ts";
import { openDatabase } from "../../src/adapters/store/open-database.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { type PastCallsOptions, pastCalls } from "../../src/past-calls/past-calls.ts";
import { inScratch } from "../adapters/store/scratch.ts";
import { began, START_MS, wholeCall } from "../adapters/store/writes.ts";

const options: PastCallsOptions = { callSid: undefined, query: { limit: 10 }, format: "text", sendAgain: false, erase: undefined };

function inStore(use: (run: (more?: Partial<PastCallsOptions>) => { readonly code: number; readonly text: string }) => void): void {
  inScratch((folder) => {
    const { db } = openDatabase(join(folder, "calls.db"), START_MS);
    makeWriter(db, "instance-1")([...wholeCall("CA1"), began("CA2", { from: "+4930123456" })], START_MS);
    use((more) => {
      let text = "";
      const print = (part: string): void => {
        text += part;
      };
      const io = { print, colors: false, nowMs: () => START_MS };
      return { code: pastCalls(folder, { ...options, ...more }, io), text };
    });
    db.close();
  });
}

test("pastCalls: a list, one call, and one that is not there", () => {
  inStore((run) => {
    const list = run();
    assert(list.code === 0 && list.text.includes("CA1") && list.text.includes("CA2"), list.text);
    const one = run({ callSid: "CA1" });
    assert(one.code === 0 && one.text.includes("caller: Is my table booked?"), one.text);
    const missing = run({ callSid: "CA9" });
    assert(missing.code === 1 && missing.text.includes("no call CA9 is stored in"), missing.text);
  });
});

test("pastCalls: JSON and CSV have numbers in full; the list has not", () => {
  inStore((run) => {
    assertEquals(run().text.includes("+14155550100"), false);
    for (const format of ["json", "csv"] as const) assert(run({ format }).text.includes("+14155550100"), format);
    assertEquals(JSON.parse(run({ format: "json", callSid: "CA1" }).text).turns[0].callerText, "Is my table booked?");
    assert(run({ format: "csv", callSid: "CA1" }).text.startsWith("callSid,from"));
  });
});

test("pastCalls --erase: the calls of a number are gone", () => {
  inStore((run) => {
    assertEquals(run({ erase: "+1 415 555 0100" }).text, "erased 1 call from and to that number\n");
    const { text } = run();
    assert(!text.includes("CA1") && text.includes("CA2"), text);
  });
});

test("pastCalls: without a store it says where it looked", () => {
  inScratch((folder) => {
    const io = { print: () => {}, colors: false, nowMs: () => START_MS };
    assertThrows(() => pastCalls(folder, options, io), UsageError, "calls.db does not exist");
    assertThrows(() => pastCalls(undefined, options, io), UsageError, "no state folder");
  });
});
