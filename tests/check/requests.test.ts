// The requests of the check: bounded, without redirects, and anonymous.

import { afterAll, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { assertEquals } from "@std/assert";
import { realClock } from "../../src/adapters/clock.ts";
import { get, handshake } from "../../src/check/requests.ts";

const seen: Headers[] = [];
const closes: number[] = [];
let closed = (): void => {};
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, self) {
    seen.push(new Headers(request.headers));
    const { pathname } = new URL(request.url);
    if (pathname === "/open" && self.upgrade(request)) return undefined;
    if (pathname === "/long") return new Response("x".repeat(70_000));
    return new Response(null, { status: 302, headers: { location: "/open" } });
  },
  websocket: {
    message: () => {},
    close: (_socket, code) => {
      closes.push(code);
      closed();
    },
  },
});
afterAll(() => server.stop(true));
const world = { clock: realClock(), random: randomBytes, trust: {} };
const at = `127.0.0.1:${server.port}`;
const key = "dGhlIHNhbXBsZSBub25jZQ==";

test("get: a redirect is an answer like any other", async () => {
  const answer = await get(`http://${at}/x`, world);
  assertEquals([("status" in answer && answer.status) || answer, seen.length], [302, 1]);
});

test("get: names the program, and nothing else", () => {
  const names = [...(seen[0]?.keys() ?? [])].toSorted();
  assertEquals(names, ["accept", "connection", "host", "user-agent"]);
});

test("get: a body over Twilio's 64 kB is a failure", async () => {
  const answer = await get(`http://${at}/long`, world);
  assertEquals("failure" in answer && answer.failure, "tooLarge");
});

test("handshake: opens and is closed in order", async () => {
  const gone = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const result = await handshake(`ws://${at}/open`, key, [["X-Extra", "yes"]], world);
  assertEquals([("type" in result && result.type) || result, seen.at(-1)?.get("x-extra")], ["opened", "yes"]);
  await gone;
  assertEquals(closes, [1000]);
});

test("handshake: another status is a rejection, no server a failure", async () => {
  const refused = await handshake(`ws://${at}/x`, key, [], world);
  assertEquals("type" in refused && [refused.type, refused.head.status], ["rejected", 302]);
  const failed = await handshake("ws://127.0.0.1:1/", key, [], world);
  assertEquals("failure" in failed && failed.failure, "refused");
});
