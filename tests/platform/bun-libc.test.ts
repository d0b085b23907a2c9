// libc's functions on real sockets of this process.

import { dlopen, FFIType, ptr } from "bun:ffi";
import { test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readlinkSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { openDescriptors, peerOfRequest, sendDatagram } from "../../src/platform/bun-libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** What a datagram socket bound to `address` (see unix(7)) receives while `work` runs. */
function receive(address: Buffer, work: () => void): string {
  const i32 = FFIType.i32;
  const libc = dlopen("libc.so.6", {
    socket: { args: [i32, i32, i32], returns: i32 },
    bind: { args: [i32, FFIType.ptr, FFIType.u32], returns: i32 },
    recv: { args: [i32, FFIType.ptr, FFIType.u64, i32], returns: FFIType.i64 },
    close: { args: [i32], returns: i32 },
  }).symbols;
  const socket = libc.socket(AF_UNIX, SOCK_DGRAM, 0);
  const name = Buffer.concat([Buffer.from([AF_UNIX, 0]), address]);
  assertEquals(libc.bind(socket, ptr(name), name.length), 0);
  work();
  const buffer = Buffer.alloc(1_000);
  const length = Number(libc.recv(socket, ptr(buffer), BigInt(buffer.length), MSG_DONTWAIT));
  libc.close(socket);
  return buffer.toString("utf8", 0, Math.max(length, 0));
}

test("sendDatagram: a state reaches a socket on a path", () => {
  const folder = mkdtempSync(join(tmpdir(), "notify-"));
  const path = join(folder, "socket");
  const got = receive(Buffer.from(`${path}\0`), () => assertEquals(sendDatagram(path, "READY=1\nSTATUS=grüße"), true));
  assertEquals(got, "READY=1\nSTATUS=grüße");
  rmSync(folder, { recursive: true });
});

test("sendDatagram: a state reaches an abstract socket", () => {
  const name = `voice-test-${process.pid}`;
  assertEquals(
    receive(Buffer.from(`\0${name}`), () => assertEquals(sendDatagram(`@${name}`, "WATCHDOG=1"), true)),
    "WATCHDOG=1",
  );
});

test("sendDatagram: false where nothing listens", () => {
  assertEquals(sendDatagram("/nonexistent/socket", "READY=1"), false);
});

/** More than this process has open. */
const MANY = 2_000;
const all = Array.from({ length: MANY }, (_, descriptor) => descriptor);

async function connectTo(host: string): Promise<{ server: Server; port: number; client: Socket; accepted: Socket }> {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const server = createServer(resolve);
  await new Promise<void>((listening) => server.listen(0, host, listening));
  const { port } = server.address() as { port: number };
  const client = connect(port, host);
  await new Promise((connected) => client.on("connect", connected));
  return { server, port, client, accepted: await promise };
}

for (const host of ["127.0.0.1", "::1"]) {
  test(`openDescriptors: peerOf finds the accepted connection only, by its peer, and shutDown ends it (${host})`, async () => {
    const { server, port, client, accepted } = await connectTo(host);
    const descriptors = openDescriptors(port);
    assert(descriptors !== undefined);
    const found = all.filter((descriptor) => descriptors.peerOf(descriptor) !== undefined);
    const address = accepted.remoteAddress ?? "";
    const peer = peerOfRequest({ address, port: client.localPort ?? 0, family: host === "::1" ? "IPv6" : "IPv4" });
    assertEquals(
      found.map((descriptor) => descriptors.peerOf(descriptor)),
      [peer],
    );
    const closed = [client, accepted].map(
      (socket) =>
        new Promise((resolve) =>
          socket
            .on("close", resolve)
            .on("error", () => {})
            .resume(),
        ),
    );
    descriptors.shutDown(found[0] ?? -1);
    await Promise.all(closed);
    assertEquals(
      all.filter((descriptor) => descriptors.peerOf(descriptor) !== undefined),
      [],
    );
    server.close();
  });
}

test("openDescriptors: lowestFree is the descriptor that the next file gets", () => {
  const descriptors = openDescriptors(1);
  assert(descriptors !== undefined);
  const free = descriptors.lowestFree();
  const next = openSync("/dev/null", "r");
  assertEquals([readlinkSync(`/proc/self/fd/${next}`), next], ["/dev/null", free as number]);
  closeSync(next);
  assertEquals(descriptors.lowestFree(), free);
});
