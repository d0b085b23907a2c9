// The log during a flood of requests.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import {
  BURST_BYTES,
  BURST_LINES,
  BYTES_PER_SECOND,
  boundedLog,
  LINES_PER_SECOND,
  MAX_FIELD_CHARS,
  MAX_STACK_CHARS,
} from "../../../src/adapters/log/bounded-log.ts";
import type { LogFields } from "../../../src/call/effects.ts";
import { manualClock } from "../../support/manual-clock.ts";

function rig() {
  const clock = manualClock();
  const lines: { event: string; fields: LogFields }[] = [];
  const log = boundedLog((_level, event, fields) => void lines.push({ event, fields }), clock);
  return { clock, lines, log, of: (event: string) => lines.filter((line) => line.event === event) };
}

test("boundedLog: in a flood BURST_LINES lines are written and the rest counted; other events are not affected", () => {
  const { clock, lines, log } = rig();
  for (let n = 0; n < BURST_LINES + 7; n++) log("warning", "webhook.rejected", {});
  log("info", "webhook.answered", {});
  assertEquals(lines.length, BURST_LINES + 1);
  clock.advance(1_000);
  assertEquals(lines.at(-1), { event: "log.suppressed", fields: { event: "webhook.rejected", lines: 7 } });
  log("warning", "webhook.rejected", {});
  assertEquals(lines.at(-1)?.event, "webhook.rejected");
  clock.advance(1_000);
  assertEquals(clock.pending, 0);
  assertEquals(lines.length, BURST_LINES + 3);
});

test("boundedLog: 300 calls in one second keep every line, with fields as calls have them", () => {
  const { lines, log } = rig();
  for (let n = 0; n < 300; n++) log("info", "webhook.answered", { callSid: "C".repeat(34), streamUrl: "x".repeat(200), peer: "192.0.2.1" });
  assertEquals(lines.length, 300);
});

for (const [name, value] of [
  ["ASCII", "x".repeat(15_000)],
  ["escaped", "\u202e".repeat(15_000)],
  ["control", "\u0001".repeat(15_000)],
  ["outside the BMP", "\u{1f600}".repeat(7_500)],
] as const) {
  test(`boundedLog: ten seconds of a flood with long ${name} fields write no more bytes than the limit, and count the rest`, () => {
    const { clock, lines, log, of } = rig();
    let sent = 0;
    for (let ms = 0; ms < 10_000; ms += 10, clock.advance(10))
      for (let n = 0; n < 5; n++, sent++) log("info", "stream.requested", { subprotocols: value });
    clock.advance(1_000);
    const bytes = lines.reduce((sum, { fields }) => sum + Buffer.byteLength(JSON.stringify(fields)), 0);
    assert(bytes <= BURST_BYTES + 10 * BYTES_PER_SECOND + 2_000, `${bytes} bytes`);
    const dropped = of("log.suppressed").reduce((sum, { fields }) => sum + Number(fields["lines"]), 0);
    assertEquals(of("stream.requested").length + dropped, sent);
  });
}

test("boundedLog: a flood of short lines leaves LINES_PER_SECOND in the long run", () => {
  const { clock, log, of } = rig();
  for (let ms = 0; ms < 10_000; ms += 10, clock.advance(10)) log("warning", "webhook.rejected", { reason: "x" });
  assertEquals(of("webhook.rejected").length, BURST_LINES + 10 * LINES_PER_SECOND - 1);
});

test("boundedLog: a long field is cut, with the number of characters that are missing", () => {
  const { lines, log } = rig();
  const stack = "s".repeat(MAX_STACK_CHARS + 1);
  log("error", "webhook.rejected", { reason: "short", triedUrls: "u".repeat(MAX_FIELD_CHARS + 5), status: 403, callSid: undefined, stack });
  assertEquals(lines[0]?.fields, {
    reason: "short",
    triedUrls: `${"u".repeat(MAX_FIELD_CHARS)}… (5 more)`,
    status: 403,
    callSid: undefined,
    stack: `${"s".repeat(MAX_STACK_CHARS)}… (1 more)`,
  });
});
