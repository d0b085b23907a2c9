// Who gets an answer from the console.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { Connection } from "../../../src/platform/seam.ts";
import { refusePeer, refuseRequest } from "../../../src/server/console/access.ts";
import { ConsoleSessions } from "../../../src/server/console/sessions.ts";
import { manualClock } from "../../support/manual-clock.ts";

const from = (peerAddress: string): Connection => ({ peerAddress, upgrade: () => undefined });
const ask = (headers: Record<string, string> = {}) =>
  new Request("http://localhost:8080/console", { headers: { host: "localhost:8080", ...headers } });

for (const [what, access, peer, headers, status] of [
  ["off", "off", "127.0.0.1", {}, 403],
  ["local: this machine", "local", "127.0.0.1", {}, undefined],
  ["local: another machine", "local", "192.0.2.1", {}, 403],
  ["local: through a proxy", "local", "127.0.0.1", { "x-forwarded-for": "192.0.2.1" }, 403],
  ["local: a rebound name", "local", "127.0.0.1", { host: "evil.example:8080" }, 403],
  ["local: a page of another origin", "local", "127.0.0.1", { origin: "https://evil.example" }, 403],
  ["public: another machine", "public", "192.0.2.1", {}, undefined],
  [
    "public: the console's own page",
    "public",
    "192.0.2.1",
    { origin: "http://localhost:8080", "sec-fetch-site": "same-origin" },
    undefined,
  ],
  ["public: a link from elsewhere", "public", "192.0.2.1", { "sec-fetch-site": "none" }, undefined],
  ["public: a page of another site", "public", "192.0.2.1", { "sec-fetch-site": "cross-site" }, 403],
  ["public: another origin, in an old browser", "public", "192.0.2.1", { origin: "https://evil.example" }, 403],
  [
    "public: behind a proxy that changes Host",
    "public",
    "10.0.0.1",
    { origin: "https://voice.example", "x-forwarded-host": "voice.example" },
    undefined,
  ],
] as const) {
  test(`refusePeer: ${what}: ${status ?? "answered"}`, () => assertEquals(refusePeer(ask(headers), from(peer), access)?.status, status));
}

test("refuseRequest: nothing without a session", () => {
  const sessions = new ConsoleSessions(() => new Uint8Array(32), manualClock());
  const id = sessions.redeem(sessions.makeLink()) ?? "";
  const cookie = { cookie: `voice_console=${id}` };
  assertEquals(refuseRequest(ask(), from("127.0.0.1"), "local", sessions)?.status, 401);
  assertEquals(refuseRequest(ask(cookie), from("127.0.0.1"), "local", sessions), undefined);
  assertEquals(refuseRequest(ask(cookie), from("192.0.2.1"), "local", sessions)?.status, 403);
});
