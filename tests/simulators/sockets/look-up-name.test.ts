// Names and addresses that need no outside resolver.

import { test } from "bun:test";
import { lookup } from "node:dns/promises";
import { assert, assertEquals } from "@std/assert";
import { realClock } from "../../../src/adapters/clock.ts";
import { lookUpName } from "../../../src/simulators/sockets/look-up-name.ts";

const clock = realClock();

test("lookUpName: a literal address is returned as it is", async () => {
  assertEquals(await lookUpName("192.0.2.1", 1_000, clock), { addresses: [{ address: "192.0.2.1", family: 4 }] });
  assertEquals(await lookUpName("::1", 1_000, clock), { addresses: [{ address: "::1", family: 6 }] });
});

/** A bare machine has no /etc/hosts. */
const isNamed = await lookup("localhost").then(
  () => true,
  () => false,
);

test.skipIf(!isNamed)("lookUpName: localhost has an address", async () => {
  const answer = await lookUpName("localhost", 5_000, clock);
  assert("addresses" in answer && answer.addresses.some(({ address }) => address === "127.0.0.1" || address === "::1"));
});

test("lookUpName: a name that never resolves is a failure, not a throw (RFC 6761 section 6.4)", async () => {
  assert("failure" in (await lookUpName("nobody.invalid", 5_000, clock)));
});
