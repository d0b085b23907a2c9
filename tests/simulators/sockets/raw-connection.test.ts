// Connections and the classification of their failures, against local servers.

import { afterAll, test } from "bun:test";
import { createServer } from "node:net";
import { assertEquals } from "@std/assert";
import { realClock } from "../../../src/adapters/clock.ts";
import type { ConnectionFailure, TlsTrust } from "../../../src/simulators/sockets/raw-connection.ts";
import { classifyFailure, openConnection } from "../../../src/simulators/sockets/raw-connection.ts";

const clock = realClock();
const tlsFile = (name: string): Promise<string> => Bun.file(new URL(`../../data/tls/${name}`, import.meta.url)).text();
const ca = await tlsFile("cert.pem");

/**
 * How a connection to `url` ends: opened and closed in order, or why not. Sends a byte when open, for the server to
 * close on.
 */
function outcome(url: string, trust: TlsTrust = {}, timeoutMs = 5_000): Promise<ConnectionFailure["failure"] | "opened"> {
  return new Promise((resolve) => {
    let opened = false;
    const connection = openConnection(url, timeoutMs, trust, clock, {
      opened: () => {
        opened = true;
        connection.write("x");
      },
      received: () => connection.end(),
      closed: (failure) => resolve(failure?.failure ?? (opened ? "opened" : "closed")),
    });
  });
}

const echo = { open() {}, data: (socket: Bun.Socket, bytes: Uint8Array) => void socket.end(bytes) };
const plain = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: echo });
const secure = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: echo, tls: { cert: ca, key: await tlsFile("key.pem") } });
// The certificate is for 127.0.0.1 and localhost.
const misnamed = Bun.listen({ hostname: "127.0.0.2", port: 0, socket: echo, tls: { cert: ca, key: await tlsFile("key.pem") } });
const mute = createServer(() => {}).listen(0, "127.0.0.1");
afterAll(() => {
  plain.stop(true);
  secure.stop(true);
  misnamed.stop(true);
  mute.close();
});
const mutePort = (mute.address() as { port: number }).port;

const cases: readonly (readonly [promise: string, url: string, trust: TlsTrust, expected: string])[] = [
  ["TCP", `http://127.0.0.1:${plain.port}/`, {}, "opened"],
  ["TLS with its own certificate authority", `https://127.0.0.1:${secure.port}/`, { ca }, "opened"],
  ["a self-signed certificate", `https://127.0.0.1:${secure.port}/`, {}, "certificateChain"],
  ["a self-signed certificate, with insecure", `wss://127.0.0.1:${secure.port}/`, { insecure: true }, "opened"],
  ["a certificate for another name", `https://127.0.0.2:${misnamed.port}/`, { ca }, "certificateName"],
  ["TLS to a plain port", `https://127.0.0.1:${plain.port}/`, {}, "tls"],
  ["a closed port", "http://127.0.0.1:1/", {}, "refused"],
  ["a name that does not exist", "http://nowhere.invalid/", {}, "dns"],
];
for (const [promise, url, trust, expected] of cases) {
  test(`openConnection: ${promise} is ${expected}`, async () => assertEquals<string>(await outcome(url, trust), expected));
}

test("openConnection: an unanswered TLS hello is connectTimeout", async () => {
  assertEquals(await outcome(`https://127.0.0.1:${mutePort}/`, {}, 50), "connectTimeout");
});

for (const [code, message, expected] of [
  ["ERR_TLS_CERT_ALTNAME_INVALID", "Hostname does not match", "certificateName"],
  ["CERT_HAS_EXPIRED", "certificate has expired", "certificateExpired"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate", "certificateChain"],
  ["InvalidData", "invalid peer certificate: UnknownIssuer", "certificateChain"],
  ["InvalidData", "invalid peer certificate: certificate not valid for name", "certificateName"],
  ["EAI_AGAIN", "getaddrinfo EAI_AGAIN", "dns"],
  ["EHOSTUNREACH", "no route to host", "unreachable"],
] as const) {
  test(`classifyFailure: ${code} ${message}`, () =>
    assertEquals(classifyFailure(Object.assign(new Error(message), { code }), false).failure, expected));
}

test("classifyFailure: an unknown error is tls before the connection opens, closed afterwards", () => {
  const error = new Error("odd");
  assertEquals([classifyFailure(error, false).failure, classifyFailure(error, true).failure], ["tls", "closed"]);
});
