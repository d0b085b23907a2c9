// The log that never throws: lost lines are reported later.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { safeLog } from "../../../src/adapters/log/safe-log.ts";

test("safeLog: never throws; lost lines are counted and reported after the next line that succeeds", () => {
  const lines: string[] = [];
  let throws = true;
  const log = safeLog((level, event, fields) => {
    if (throws) throw new Error("no room");
    lines.push(`${level} ${event} ${JSON.stringify(fields)}`);
  });
  for (const event of ["one", "two", "three"]) log("info", event, {});
  throws = false;
  log("info", "four", { n: 4 });
  log("debug", "five", {});
  assertEquals(lines, ['info four {"n":4}', 'warning log.linesLost {"lines":3,"reason":"no room"}', "debug five {}"]);
});

test("safeLog: a count that cannot be reported delays no line, and is reported later", () => {
  const lines: string[] = [];
  let refused = "";
  const log = safeLog((_level, event, { lines: count }) => {
    if (event === refused) throw new Error("no room");
    lines.push(count === undefined ? event : `${event} ${count}`);
  });
  for (const [event, cannot] of [
    ["one", "one"],
    ["two", "log.linesLost"],
    ["three", "three"],
    ["four", ""],
  ] as const) {
    refused = cannot;
    log("info", event, {});
  }
  assertEquals(lines, ["two", "four", "log.linesLost 2"]);
});

test("safeLog: the thrown value need not be an Error, nor convert to text", () => {
  const lines: string[] = [];
  let thrown: unknown = Object.create(null);
  const log = safeLog((_level, event, { reason }) => {
    if (thrown !== undefined) throw thrown;
    lines.push(`${event} ${reason ?? ""}`);
  });
  log("info", "one", {});
  thrown = undefined;
  log("info", "two", {});
  assertEquals(lines, ["two ", "log.linesLost the thrown value is not an Error"]);
});
