// Which hosts are this machine: what may be called without asking.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { realClock } from "../../../src/adapters/clock.ts";
import { thisMachine } from "../../../src/load/wire/this-machine.ts";

for (const [url, isOwn] of [
  ["http://127.0.0.1:8080/twilio/voice", true],
  ["http://127.5.5.5/", true],
  ["ws://[::1]:8080/", true],
  ["http://[::ffff:127.0.0.1]/", false], // URL writes it in hexadecimal: asking is the safe side
  ["http://localhost:8080/", true],
  ["http://192.0.2.7/", true],
  ["http://192.0.2.8/", false],
  ["http://name.invalid/", false],
] as const) {
  test(`thisMachine: ${url} is ${isOwn ? "" : "not "}this machine, which is 192.0.2.7`, async () => {
    assertEquals(await thisMachine(realClock(), ["192.0.2.7"])(url), isOwn);
  });
}

test("thisMachine: its own addresses are found", async () => {
  assertEquals(await thisMachine(realClock())("http://127.0.0.1/"), true);
});
