// Sockets that stay pending, and floods of them: every limit, through a whole server.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { signRequest } from "../../../src/protocol/signature.ts";
import { CLOSING_MS, networkOf, type PendingLimits, pendingLimits } from "../../../src/server/stream/pending-sockets.ts";
import { AUTH_TOKEN, assertRejected, callSidOf, type Desk, type FakeStream, makeDesk, offer, startText } from "../fakes.ts";

const connected = JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" });

test("PendingSockets: a socket without start within 5 seconds is closed, whatever else it sends", () => {
  const desk = makeDesk();
  const stream = desk.stream();
  for (let second = 1; second < 5; second++) {
    desk.clock.advance(1_000);
    stream.listener.text("{}");
  }
  assertEquals(stream.socket.closedWith, undefined);
  desk.clock.advance(1_000);
  assertRejected(desk, stream, "no start in time");
});

test("PendingSockets: over 8 KiB before start are too much, in one frame or several, text or binary", async () => {
  const desk = makeDesk();
  const token = await offer(desk, 1);
  const oneFrame = desk.stream();
  oneFrame.listener.text(startText(1, token, { pad: "x".repeat(8_192) }));
  assertRejected(desk, oneFrame, "too many bytes before start");
  const several = desk.stream();
  several.listener.binary(4_096);
  several.listener.text("é".repeat(2_048)); // two bytes each
  assertEquals(several.socket.closedWith, undefined);
  several.listener.binary(1);
  assertRejected(desk, several, "too many bytes before start");
});

test("PendingSockets: over 8 messages before start are too many", () => {
  const desk = makeDesk();
  const stream = desk.stream();
  for (let n = 0; n < 8; n++) stream.listener.text(connected);
  assertEquals(stream.socket.closedWith, undefined);
  stream.listener.text(connected);
  assertRejected(desk, stream, "too many messages before start");
});

const PROXY = "127.0.0.1";
const signature = signRequest(AUTH_TOKEN, "wss://voice.example/twilio/realtime", {});
const limited = (limits: Partial<PendingLimits>): Desk => makeDesk({}, { limits: { ...pendingLimits, ...limits } });
const isOpen = ({ socket }: FakeStream): boolean => socket.closedWith === undefined && !socket.terminated;
const starts = (desk: Desk, stream: FakeStream, n: number, token: string): boolean => {
  stream.listener.text(startText(n, token));
  return desk.made.get(callSidOf(n))?.ports.length === 1;
};

test("PendingSockets: sockets whose upgrade is signed are not evicted by those without, behind one proxy address", async () => {
  const desk = limited({ sockets: 40 });
  const token = await offer(desk, 1);
  for (let n = 0; n < 20; n++) desk.stream({}, PROXY);
  const honest = desk.stream({ "x-twilio-signature": signature }, PROXY);
  for (let n = 0; n < 3_000; n++) desk.stream(n % 2 === 0 ? {} : { "x-twilio-signature": "AAAA" }, PROXY);
  assertEquals(desk.pending.size, 21);
  assertEquals(starts(desk, honest, 1, token), true);
});

test("PendingSockets: replayed upgrade signatures evict neither unsigned sockets nor signed ones of other addresses", async () => {
  const desk = limited({ sockets: 40 });
  const tokens = [await offer(desk, 1), await offer(desk, 2)];
  const unsigned = desk.stream({}, "203.0.113.9");
  const signed = desk.stream({ "x-twilio-signature": signature }, "198.51.100.7");
  for (let n = 0; n < 3_000; n++) desk.stream({ "x-twilio-signature": signature }, "203.0.113.9");
  assertEquals(desk.pending.size, 21);
  assertEquals(starts(desk, unsigned, 1, tokens[0] ?? ""), true);
  assertEquals(starts(desk, signed, 2, tokens[1] ?? ""), true);
});

for (const [name, addressOf] of [
  ["one address", () => "203.0.113.9"],
  ["the addresses of one IPv6 /64", (n: number) => `2001:db8:0:1:${(n % 65_536).toString(16)}::1`],
] as const) {
  test(`PendingSockets: a flood from ${name} evicts its own oldest socket, and no other client's`, async () => {
    const desk = limited({ sockets: 20 });
    const token = await offer(desk, 1);
    const honest = desk.stream({}, "2001:db8:0:2::1");
    const flood = Array.from({ length: 500 }, (_, n) => desk.stream({}, addressOf(n)));
    assertEquals(flood.map(isOpen), [...Array(491).fill(false), ...Array(9).fill(true)]);
    assertEquals(starts(desk, honest, 1, token), true);
  });
}

test("PendingSockets: a flood from many addresses evicts the oldest sockets; a later genuine one is accepted", async () => {
  const desk = limited({ sockets: 40 });
  const token = await offer(desk, 1);
  const flood = Array.from({ length: 100 }, (_, n) => desk.stream({}, `203.0.113.${n}`));
  const honest = desk.stream({}, "198.51.100.7");
  assertEquals(flood.map(isOpen), [...Array(81).fill(false), ...Array(19).fill(true)]);
  assertEquals(starts(desk, honest, 1, token), true);
});

test("PendingSockets: of the rejected sockets so many are closed within CLOSING_MS, and the others dropped without a close frame", () => {
  const desk = limited({ sockets: 2, closing: 3 });
  const flood = Array.from({ length: 10 }, () => desk.stream());
  const rejectedBy = ({ socket }: FakeStream): string => (socket.closedWith !== undefined ? "close" : socket.terminated ? "drop" : "open");
  assertEquals(flood.map(rejectedBy), [...Array(3).fill("close"), ...Array(6).fill("drop"), "open"]);
  assertEquals(desk.lines.filter(({ event }) => event === "stream.rejected").length, 9);
  desk.clock.advance(CLOSING_MS + 1);
  const later = desk.stream();
  later.listener.text(startText(1, undefined));
  assertRejected(desk, later, "no token");
  assertEquals(desk.clock.pending, 0);
});

test("networkOf: an IPv4 address, also mapped, or the /64 of an IPv6 address", () => {
  for (const [address, network] of [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:0DB8:0:1:2:3:4:5", "2001:db8:0:1::/64"],
    ["2001:db8:1:2:3::", "2001:db8:1:2::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", ""],
  ] as const) {
    assertEquals(networkOf(address), network);
  }
});
