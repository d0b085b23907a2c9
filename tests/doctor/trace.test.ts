// The trace: JSON lines, up to a limit.

import { test } from "bun:test";
import { assert, assertEquals, assertFalse } from "@std/assert";
import { Trace } from "../../src/doctor/trace.ts";

test("Trace: one JSON line per entry, bytes as base64", () => {
  const trace = new Trace();
  trace.add({ type: "a", bytes: Uint8Array.of(1, 2) });
  trace.add({ type: "b" });
  assertEquals(trace.text(), '{"type":"a","bytes":{"base64":"AQI="}}\n{"type":"b"}\n');
});

test("Trace: entries beyond the limit are dropped and counted", () => {
  const trace = new Trace(20);
  for (const type of ["a", "b", "c"]) trace.add({ type });
  assertEquals(trace.text(), '{"type":"a"}\n{"type":"trace.cut","dropped":2}\n');
});

test("Trace: signatures and credentials are masked in headers of either shape, in URLs, and where a server repeats them", () => {
  const trace = new Trace();
  const signature = "gEoV2Xmbz0o2ZMjGUwO69hfzYz0=";
  trace.add({
    type: "http.request",
    url: "https://user:pass@h.example/v?a=b@c",
    headers: [
      ["Host", "h.example"],
      ["X-Twilio-Signature", signature],
      ["Authorization", "Basic dXNlcjpwYXNz"],
    ],
  });
  trace.add({ type: "http.answered", headers: { "set-cookie": "session=0123456789", server: "x" }, body: `got ${signature}` });
  const text = trace.text();
  for (const secret of [signature, "dXNlcjpwYXNz", "user:pass", "0123456789"]) assertFalse(text.includes(secret), secret);
  for (const kept of ["h.example/v?a=b@c", '"server":"x"', "got (masked)", '["X-Twilio-Signature","(masked)"]']) {
    assert(text.includes(kept), kept);
  }
});

test("Trace: what a reader cannot see, or a terminal would obey, is escaped and means the same", () => {
  const trace = new Trace();
  trace.add({ body: "\u{202e}\u{9b}2J" });
  assertEquals(trace.text(), '{"body":"\\u202e\\u009b2J"}\n');
  assertEquals(JSON.parse(trace.text()), { body: "\u{202e}\u{9b}2J" });
});
