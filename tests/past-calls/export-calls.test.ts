// Past calls for other programs.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { StoredCall } from "../../src/adapters/store/read-calls.ts";
import { csvOf, jsonLines } from "../../src/past-calls/export-calls.ts";

const call: StoredCall = {
  callSid: "CA1",
  from: "+14155550100",
  to: 'sip:"a",b@example.com',
  direction: null,
  agent: "=cmd()",
  model: "m",
  createdMs: 1,
  startedMs: null,
  endedMs: 2,
  endBy: "caller",
  endCause: "hangup",
  fallback: "none",
  twilioCode: 31921,
  longestWaitMs: 0,
  costUsd: null,
  turns: 1,
  inputTokens: 2,
  outputTokens: 3,
};

test("csvOf: RFC 4180; no text is a formula in a spreadsheet, and numbers stay numbers", () => {
  const [head, line, end] = csvOf([call]).split("\r\n");
  assertEquals(head?.split(",").length, 18);
  assertEquals(line, 'CA1,+14155550100,"sip:""a"",b@example.com",,\'=cmd(),m,1,,2,caller,hangup,none,31921,0,,1,2,3');
  assertEquals(end, "");
});

test("jsonLines: a line for each", () => {
  assertEquals(
    jsonLines([call, { a: "b\n" }])
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [call, { a: "b\n" }],
  );
  assertEquals(jsonLines([]), "");
});
