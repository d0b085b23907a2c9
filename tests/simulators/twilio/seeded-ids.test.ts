// Identifiers derived from a seed.

import { test } from "bun:test";
import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { sid, uuid, webSocketKey } from "../../../src/simulators/twilio/seeded-ids.ts";

test("sid: two letters and 32 hex digits, the same for the same seed, different for different seeds", () => {
  assertMatch(sid("CA", "seed"), /^CA[0-9a-f]{32}$/);
  assertEquals(sid("MZ", "seed", "1"), sid("MZ", "seed", "1"));
  assertNotEquals(sid("MZ", "seed", "1"), sid("MZ", "seed", "2"));
  assertNotEquals(sid("CA", "seed").slice(2), sid("AC", "seed").slice(2));
});

test("uuid: version 4, variant 1", () =>
  assertMatch(uuid("seed", "x"), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/));

test("webSocketKey: 16 bytes", () => assertEquals(Uint8Array.fromBase64(webSocketKey("seed", "x")).length, 16));
