// Handshakes as a server receives them.

import { afterAll, test } from "bun:test";
import { assertEquals } from "@std/assert";
import { tryHandshake } from "../../../src/doctor/probe/try-handshakes.ts";
import { signRequest } from "../../../src/protocol/signature.ts";
import { madeOptions, madeWorld } from "./made.ts";

const seen: Headers[] = [];
const received: string[] = [];
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, self) {
    seen.push(request.headers);
    if (new URL(request.url).pathname === "/no") return new Response("not here", { status: 404 });
    const { pathname: path } = new URL(request.url);
    return self.upgrade(request, { data: { path } }) ? undefined : new Response("no", { status: 400 });
  },
  websocket: {
    data: {} as { readonly path: string },
    open(socket) {
      if (socket.data.path === "/closes") socket.close(1002, "no");
    },
    message(socket, text) {
      received.push(`${socket.data.path} ${JSON.parse(String(text)).event}`);
    },
  },
});
afterAll(() => server.stop(true));
const base = `ws://127.0.0.1:${server.port}`;

test("tryHandshake: as Twilio: signed, without subprotocol, extension or Origin", async () => {
  const authToken = "0123456789abcdef0123456789abcdef";
  const tried = await tryHandshake({ variant: "twilio", url: `${base}/s` }, madeOptions({ authToken }), madeWorld());
  assertEquals(tried.answer?.head.status, 101);
  const headers = seen.at(-1);
  assertEquals(headers?.get("x-twilio-signature"), signRequest(authToken, `${base}/s`, {}));
  assertEquals(
    ["sec-websocket-protocol", "sec-websocket-extensions", "origin"].map((name) => headers?.get(name)),
    [null, null, null],
  );
});

test("tryHandshake: with subprotocols, an Origin, and no signature", async () => {
  const trial = { variant: "origin", url: `${base}/s`, offered: ["a", "b"], origin: "https://x.example.net", signs: null } as const;
  await tryHandshake(trial, madeOptions({ authToken: "t", userAgent: "me" }), madeWorld());
  const headers = seen.at(-1);
  assertEquals(
    ["sec-websocket-protocol", "origin", "x-twilio-signature", "user-agent"].map((name) => headers?.get(name)),
    ["a, b", "https://x.example.net", null, "me"],
  );
});

test("tryHandshake: a rejection with its body, and a port where nothing listens", async () => {
  const rejected = await tryHandshake({ variant: "twilio", url: `${base}/no` }, madeOptions(), madeWorld());
  assertEquals([rejected.answer?.head.status, rejected.answer?.body], [404, "not here"]);
  const gone = await tryHandshake({ variant: "twilio", url: "ws://127.0.0.1:1/s" }, madeOptions(), madeWorld());
  assertEquals([gone.answer, gone.failure?.kind], [undefined, "refused"]);
});

test("tryHandshake: a socket that the server ends at once, and one that stays open", async () => {
  const offered = ["audio.twilio.com"];
  const ended = await tryHandshake({ variant: "subprotocol", url: `${base}/closes`, offered, waitMs: 60_000 }, madeOptions(), madeWorld());
  assertEquals([ended.answer?.head.status, ended.ended], [101, 'close 1002 "no"']);
  const stays = await tryHandshake({ variant: "subprotocol", url: `${base}/stays`, offered, waitMs: 20 }, madeOptions(), madeWorld());
  assertEquals([stays.answer?.head.status, stays.ended], [101, undefined]);
  while (!received.includes("/stays stop")) await new Promise((resolve) => setTimeout(resolve, 5));
  // A caller who hangs up after a second: the server's model session is open by then, and ends.
  assertEquals(
    received.filter((one) => one.startsWith("/stays")),
    ["/stays connected", "/stays start", ...Array(50).fill("/stays media"), "/stays stop"],
  );
});
