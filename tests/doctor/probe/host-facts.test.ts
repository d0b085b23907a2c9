// Facts of hosts on this machine.

import { afterAll, test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { hostFacts, isPrivateTarget } from "../../../src/doctor/probe/host-facts.ts";
import { madeWorld } from "./made.ts";

const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { open() {}, data() {} } });
afterAll(() => server.stop(true));
const closedPort = (() => {
  const gone = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { open() {}, data() {} } });
  gone.stop(true);
  return gone.port;
})();

test("hostFacts: an open port, and one where nothing listens", async () => {
  const open = await hostFacts(`ws://127.0.0.1:${server.port}/s`, madeWorld());
  assertEquals([open.port, open.addresses[0]?.isPublic, open.addresses[0]?.failure, open.tls], [server.port, false, undefined, undefined]);
  const closed = await hostFacts(`wss://127.0.0.1:${closedPort}/s`, madeWorld());
  assertEquals([closed.addresses[0]?.failure?.kind, closed.tls], ["refused", undefined]);
});

test("hostFacts: a port that speaks plain HTTP in place of TLS", async () => {
  const plain = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("no", { status: 404 }) });
  const facts = await hostFacts(`wss://127.0.0.1:${plain.port}/s`, madeWorld());
  assertEquals([facts.tls?.refusal?.kind, facts.plainHttpStatus], ["handshake", 404]);
  await plain.stop(true);
});

test("hostFacts: a name that does not resolve", async () => {
  const facts = await hostFacts("wss://nobody.invalid/s", madeWorld());
  assert(facts.dnsFailure !== undefined);
  assertEquals([facts.addresses, facts.port], [[], 443]);
});

test("isPrivateTarget: by address, and by name where the name does not resolve", async () => {
  const world = madeWorld();
  const private_ = await Promise.all(
    ["http://127.0.0.1:1/", "http://[::1]/", "https://9.9.9.9/", "https://nobody.invalid/"].map((url) => isPrivateTarget(url, world)),
  );
  assertEquals(private_, [true, true, false, true]);
});
