// The seam under Bun: the promises of every runtime, and systemd's socket, which only Bun supports.

import { dlopen, FFIType, ptr } from "bun:ffi";
import { test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertEquals, assertMatch } from "@std/assert";
import { listen, notifySystemd } from "../../src/platform/bun.ts";
import { seamTests } from "./seam-cases.ts";

seamTests("bun", [process.execPath]);

test("listen: the connection is closed after each answer, so that idle ones hold no files", async () => {
  const server = listen({
    hostname: "127.0.0.1",
    port: 0,
    maxMessageBytes: 1_000,
    fetch(request) {
      if (request.url.endsWith("/throw")) throw new Error("thrown on purpose");
      return request.url.endsWith("/later") ? Promise.resolve(new Response("ok")) : new Response("ok");
    },
    failed: () => new Response("failed", { status: 500 }),
    threw: () => {},
  });
  for (const path of ["/", "/later", "/throw"]) {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.port, "127.0.0.1", () => socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
      let seen = "";
      socket.on("data", (data) => {
        seen += data.toString("latin1");
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(seen));
    });
    assertMatch(text, /^HTTP\/1\.1 \d+ [\s\S]*\r\nconnection: close\r\n/i);
  }
  await server.stopNow();
});

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

test("notifySystemd: a state reaches a socket on a path", () => {
  const folder = mkdtempSync(join(tmpdir(), "notify-"));
  const path = join(folder, "socket");
  const got = receive(Buffer.from(`${path}\0`), () => assertEquals(notifySystemd(path, "READY=1\nSTATUS=grüße"), true));
  assertEquals(got, "READY=1\nSTATUS=grüße");
  rmSync(folder, { recursive: true });
});

test("notifySystemd: a state reaches an abstract socket", () => {
  const name = `voice-test-${process.pid}`;
  assertEquals(
    receive(Buffer.from(`\0${name}`), () => assertEquals(notifySystemd(`@${name}`, "WATCHDOG=1"), true)),
    "WATCHDOG=1",
  );
});

test("notifySystemd: false where nothing listens", () => {
  assertEquals(notifySystemd("/nonexistent/socket", "READY=1"), false);
});
