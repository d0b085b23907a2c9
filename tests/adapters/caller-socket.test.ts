// The caller's socket on a clock that the tests turn: liveness, closing, backpressure. A socket of ours stands in for the runtime's.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { CLOSE_WAIT_MS, callerSocket, MAX_DROPPED_FRAMES, PING_EVERY_MS, SILENCE_MS } from "../../src/adapters/caller-socket.ts";
import type { AcceptedSocket } from "../../src/platform/seam.ts";
import { manualClock } from "../support/manual-clock.ts";

function rig({ canPing = true, takes = () => true }: { canPing?: boolean; takes?: () => boolean } = {}) {
  const clock = manualClock();
  const told: string[] = [];
  const socket = callerSocket(clock, {
    onText: (text) => told.push(`text ${text}`),
    onBinary: (bytes) => told.push(`binary ${bytes}`),
    onClosed: (code, reason) => told.push(`closed ${code} ${reason}`),
  });
  const accepted: AcceptedSocket = {
    sendText(text) {
      told.push(`> ${text}`);
      return takes();
    },
    close: (code, reason) => told.push(`> close ${code} ${reason}`),
    terminate: () => told.push("> terminate"),
    ping() {
      told.push("> ping");
      return canPing;
    },
    bufferedBytes: () => 0,
  };
  const open = (): void => socket.listener.opened(accepted);
  return { clock, told, socket, open };
}

test("callerSocket: passes on text and binary, sends, and tells the close once", () => {
  const { told, socket, open, clock } = rig();
  open();
  socket.listener.text("a");
  socket.listener.binary(3);
  assertEquals(socket.port.send("b"), true);
  socket.listener.closed(1006, "gone");
  socket.listener.closed(1006, "gone");
  assertEquals(socket.port.send("late"), false);
  assertEquals(told, ["text a", "binary 3", "> b", "closed 1006 gone"]);
  assertEquals(clock.pending, 0);
});

test("callerSocket: a peer without frame or pong is pinged, and gone after SILENCE_MS", () => {
  const { clock, told, open } = rig();
  open();
  clock.advance(SILENCE_MS - 1);
  assertEquals(told, ["> ping", "> ping"]);
  clock.advance(1);
  assertEquals(told.slice(2), ["closed 1006 no frame and no pong for 60 s", "> terminate"]);
  assertEquals(clock.pending, 0);
});

for (const [what, sign] of [
  ["a pong", (listener: ReturnType<typeof rig>["socket"]["listener"]) => listener.pong()],
  ["text", (listener: ReturnType<typeof rig>["socket"]["listener"]) => listener.text("x")],
  ["binary", (listener: ReturnType<typeof rig>["socket"]["listener"]) => listener.binary(1)],
] as const) {
  test(`callerSocket: ${what} now and then keeps it for hours, media or not`, () => {
    const { clock, told, socket, open } = rig();
    open();
    for (let i = 0; i < 100; i++) {
      clock.advance(SILENCE_MS - PING_EVERY_MS);
      sign(socket.listener);
    }
    assertEquals(
      told.filter((line) => line.startsWith("closed")),
      [],
    );
    clock.advance(SILENCE_MS + PING_EVERY_MS);
    assertEquals(told.at(-1), "> terminate");
  });
}

test("callerSocket: where the runtime pings by itself, silence is its to judge", () => {
  const { clock, told, open } = rig({ canPing: false });
  open();
  clock.advance(SILENCE_MS * 10);
  assertEquals(told, ["> ping"]);
});

test("callerSocket: after our close nothing is passed on or sent, and the peer's close is told", () => {
  const { told, socket, open, clock } = rig();
  open();
  socket.port.close();
  socket.port.close();
  socket.listener.text("late");
  assertEquals(socket.port.send("late"), false);
  socket.listener.closed(1000, "");
  assertEquals(told, ["> close 1000 ", "closed 1000 "]);
  assertEquals(clock.pending, 0);
});

test("callerSocket: a peer that does not answer our close is dropped", () => {
  const { clock, told, socket, open } = rig();
  open();
  socket.close(1008, "refused");
  clock.advance(CLOSE_WAIT_MS);
  assertEquals(told, ["> close 1008 refused", "closed 1006 no answer to our close for 5 s", "> terminate"]);
  socket.listener.closed(1006, "");
  assertEquals(told.length, 3);
});

test("callerSocket: a close before the opening is done at the opening", () => {
  const { told, socket, open } = rig();
  socket.close(1008, "refused");
  assertEquals(told, []);
  open();
  assertEquals(told, ["> close 1008 refused"]);
});

test("callerSocket: a runtime that tells the close within close() is heard once", () => {
  const { clock, told, socket } = rig();
  const accepted: AcceptedSocket = {
    sendText: () => true,
    close: (code, reason) => socket.listener.closed(code, reason),
    terminate: () => socket.listener.closed(1006, ""),
    ping: () => true,
    bufferedBytes: () => 0,
  };
  socket.listener.opened(accepted);
  socket.port.close();
  assertEquals(told, ["closed 1000 "]);
  assertEquals(clock.pending, 0);
});

test("callerSocket: MAX_DROPPED_FRAMES in a row that do not go out end it; one that does starts the count anew", () => {
  let takes = false;
  const { told, socket, open } = rig({ takes: () => takes });
  open();
  for (let i = 1; i < MAX_DROPPED_FRAMES; i++) assertEquals(socket.port.send("frame"), false);
  takes = true;
  assertEquals(socket.port.send("frame"), true);
  takes = false;
  for (let i = 1; i < MAX_DROPPED_FRAMES; i++) socket.port.send("frame");
  assertEquals(told.includes("> terminate"), false);
  socket.port.send("frame");
  assertEquals(told.slice(-2), ["closed 1006 50 frames in a row did not go out: the peer does not read", "> terminate"]);
});
