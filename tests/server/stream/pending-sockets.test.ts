// Sockets that stay pending, and floods of them: every limit, through a whole server.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { pendingLimits } from "../../../src/server/stream/pending-sockets.ts";
import { assertRejected, callSidOf, makeDesk, offer, startText } from "../fakes.ts";

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

test("PendingSockets: a flood from one address evicts its own oldest socket, and no genuine caller", async () => {
  const desk = makeDesk({}, { limits: { ...pendingLimits, perAddress: 3 } });
  const token = await offer(desk, 1);
  const honest = desk.stream({}, "198.51.100.7");
  const flood = Array.from({ length: 50 }, () => desk.stream({}, "203.0.113.9"));
  assertEquals(desk.pending.size, 4);
  assertEquals(flood.filter(({ socket }) => socket.closedWith === undefined).length, 3);
  honest.listener.text(startText(1, token));
  assertEquals(desk.made.get(callSidOf(1))?.ports.length, 1);
});

test("PendingSockets: a flood from many addresses evicts the oldest sockets; a later genuine one is accepted", async () => {
  const desk = makeDesk({}, { limits: { ...pendingLimits, sockets: 20 } });
  const token = await offer(desk, 1);
  const flood = Array.from({ length: 100 }, (_, n) => desk.stream({}, `203.0.113.${n}`));
  const honest = desk.stream({}, "198.51.100.7");
  assertEquals(desk.pending.size, 20);
  assertEquals(flood[0]?.socket.closedWith, [1008, "too many pending sockets"]);
  honest.listener.text(startText(1, token));
  assertEquals(desk.made.get(callSidOf(1))?.ports.length, 1);
});
