// What listens on the configured port: voice, another program, or nothing.

import { afterAll, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { assertEquals, assertMatch } from "@std/assert";
import * as platform from "#platform";
import { realClock } from "../../src/adapters/clock.ts";
import { findLocalVoice, instanceOf } from "../../src/check/local-voice.ts";
import type { Config } from "../../src/config/config.ts";
import { startServer, testConfig } from "../e2e/server-under-test.ts";

const world = { clock: realClock(), random: randomBytes, trust: {} };
const find = (more: Partial<Config>): ReturnType<typeof findLocalVoice> => findLocalVoice({ ...testConfig, ...more }, platform, world);

/** A free port. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

for (const [body, status, instance] of [
  ['{"instance":"i"}', 200, "i"],
  ['{"instance":"i"}', 503, undefined],
  ['{"instance":""}', 200, undefined],
  ['{"instance":7}', 200, undefined],
  ["null", 200, undefined],
  ["<html>", 200, undefined],
] as const) {
  test(`instanceOf: HTTP ${status} ${body}`, () => {
    assertEquals(instanceOf({ status, headers: [], body: new TextEncoder().encode(body) }), instance);
  });
}

test("findLocalVoice: one that runs is found, and left running", async () => {
  const voice = startServer();
  afterAll(() => voice.stop());
  const found = await find({ port: voice.voice.port });
  assertEquals([found.finding.level, typeof found.instance], ["ok", "string"]);
  await found.stop();
  assertEquals((await fetch(`${voice.origin}/healthz`)).status, 200);
});

test("findLocalVoice: on a free port a temporary one is started, and stopped", async () => {
  const port = await freePort();
  const found = await find({ port, alertUrl: "http://127.0.0.1:1/" });
  assertEquals([found.finding.level, typeof found.instance], ["ok", "string"]);
  assertEquals((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  await found.stop();
  assertEquals(await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => "gone"), "gone");
});

test("findLocalVoice: port 0 is any free one", async () => {
  const found = await find({ port: 0 });
  assertEquals([found.finding.level, typeof found.instance], ["ok", "string"]);
  await found.stop();
});

test("findLocalVoice: another program on the port is an error", async () => {
  const stranger = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("hello") });
  afterAll(() => stranger.stop(true));
  const { instance, finding } = await find({ port: Number(stranger.port) });
  assertEquals([instance, finding.level], [undefined, "error"]);
  assertMatch(finding.actual, /another program answers .* HTTP 200/);
});

test("findLocalVoice: a program that does not speak HTTP is an error", async () => {
  const stranger = createServer((socket) => void socket.end("SSH-2.0\r\n")).listen(0, "127.0.0.1");
  afterAll(() => void stranger.close());
  await new Promise((resolve) => stranger.once("listening", resolve));
  const { finding } = await find({ port: (stranger.address() as { port: number }).port });
  assertEquals(finding.level, "error");
});

test("findLocalVoice: an address that this machine does not have is an error, with a fix", async () => {
  const { finding } = await find({ host: "192.0.2.1", port: 0 }); // RFC 5737: for documentation only
  assertEquals([finding.level, finding.fix?.text.includes("HOST")], ["error", true]);
});
