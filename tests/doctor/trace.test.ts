// The trace: JSON lines, up to a limit.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { Trace } from "../../src/doctor/trace.ts";

test("Trace: one JSON line per entry, bytes as base64", () => {
  const trace = new Trace();
  trace.add({ type: "a", bytes: Uint8Array.of(1, 2) });
  trace.add({ type: "b" });
  assertEquals(trace.text(), '{"type":"a","bytes":{"base64":"AQI="}}\n{"type":"b"}\n');
});

test("Trace: entries beyond the limit are dropped", () => {
  const trace = new Trace(20);
  for (const type of ["a", "b", "c"]) trace.add({ type });
  assertEquals(trace.text(), '{"type":"a"}\n');
});
