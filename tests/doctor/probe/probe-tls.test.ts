// Certificates of every kind, each judged as Twilio judges it.

import { afterAll, test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { realClock } from "../../../src/adapters/clock.ts";
import { probeTls } from "../../../src/doctor/probe/probe-tls.ts";
import type { TlsTrust } from "../../../src/simulators/sockets/raw-connection.ts";

const clock = realClock();
const tlsFile = (name: string): Promise<string> => Bun.file(new URL(`../../data/tls/${name}`, import.meta.url)).text();
const key = await tlsFile("key.pem");
const root = await tlsFile("root.pem");
const own = await tlsFile("cert.pem");
const servers: { stop(now: boolean): void }[] = [];
afterAll(() => {
  for (const server of servers) server.stop(true);
});

/** Starts a server with that certificate and returns its port. */
async function serve(certificate: string): Promise<number> {
  const socket = { open() {}, data() {} };
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket, tls: { cert: await tlsFile(certificate), key } });
  servers.push(server);
  return server.port;
}

const probe = (port: number, trust: TlsTrust) => probeTls({ host: "127.0.0.1", port, trust, timeoutMs: 5_000 }, clock);

const cases: readonly (readonly [certificate: string, ca: string | undefined, kind: string | undefined])[] = [
  ["good.pem", root, undefined],
  ["cert.pem", own, undefined],
  ["expired.pem", root, "expired"],
  ["misnamed.pem", root, "name"],
  ["cert.pem", undefined, "self-signed"],
  ["lonely.pem", root, "chain"],
  ["good.pem", undefined, "chain"],
];
for (const [certificate, ca, kind] of cases) {
  test(`probeTls: ${certificate}${ca === undefined ? ", unknown authority" : ""}: ${kind ?? "trusted"}`, async () => {
    const facts = await probe(await serve(certificate), ca === undefined ? {} : { ca });
    assertEquals(facts.refusal?.kind, kind as typeof facts.refusal extends undefined ? never : NonNullable<typeof facts.refusal>["kind"]);
    assert(facts.version?.startsWith("TLSv1.") && facts.subject !== "" && facts.notAfterMs !== undefined && facts.chainLength >= 1);
  });
}

test("probeTls: a plain server and a silent one are failed handshakes", async () => {
  const plain = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open() {}, data: (socket) => void socket.end("HTTP/1.1 400\r\n\r\n") },
  });
  servers.push(plain);
  assertEquals((await probe(plain.port, {})).refusal?.kind, "handshake");
  const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { open() {}, data() {} } });
  servers.push(silent);
  const facts = await probeTls({ host: "127.0.0.1", port: silent.port, trust: {}, timeoutMs: 50 }, clock);
  assertEquals([facts.refusal?.kind, facts.version], ["handshake", undefined]);
});
