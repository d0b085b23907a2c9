// The caller's socket on a clock that the tests turn: liveness, closing, backpressure. A socket of ours stands in for the runtime's.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import {
  CLOSE_WAIT_MS,
  callerSocket,
  FLOOD_MESSAGES,
  FLOOD_PER_S,
  MAX_DROPPED_FRAMES,
  PING_EVERY_MS,
  STILL_MS,
  UNANSWERED_PINGS,
} from "../../src/adapters/caller-socket.ts";
import type { AcceptedSocket } from "../../src/platform/seam.ts";
import { manualClock } from "../support/manual-clock.ts";

function rig({ canPing = true, takes = () => true }: { canPing?: boolean; takes?: () => boolean } = {}) {
  const clock = manualClock();
  const told: string[] = [];
  let sleptMs = 0;
  const ours = { nowMs: () => clock.nowMs() + sleptMs, after: clock.after };
  const socket = callerSocket(ours, {
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
  /** Nothing rings meanwhile, and nothing is read: the process stood still. */
  const sleep = (ms: number): void => {
    sleptMs += ms;
  };
  return { clock, told, socket, open, sleep };
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

test("callerSocket: a peer whose frames stop is pinged after STILL_MS, and gone when UNANSWERED_PINGS were not answered, in less than five seconds", () => {
  const { clock, told, socket, open } = rig();
  open();
  clock.advance(STILL_MS - 20);
  socket.listener.text("x");
  clock.advance(STILL_MS - 1);
  assertEquals(told, ["text x"]);
  clock.advance(1);
  assertEquals(told, ["text x", "> ping"]);
  clock.advance(STILL_MS * UNANSWERED_PINGS - 1);
  assertEquals(told, ["text x", "> ping", "> ping"]);
  clock.advance(1);
  assertEquals(told.slice(3), ["closed 1006 no frame for 4.5 s, and no pong to 2 pings", "> terminate"]);
  assertEquals(clock.pending, 0);
});

test("callerSocket: while frames come it is pinged every PING_EVERY_MS, give or take STILL_MS", () => {
  const { clock, told, socket, open } = rig();
  open();
  const pingedAtMs = [clock.nowMs()];
  for (;;) {
    clock.advance(20);
    if (told.includes("> ping")) pingedAtMs.push(clock.nowMs());
    if (pingedAtMs.length === 5) break;
    told.length = 0;
    socket.listener.text("x");
  }
  // Frames stop with the last of them, which is none of those that must be answered.
  clock.advance(STILL_MS * (UNANSWERED_PINGS + 1) - 21);
  assertEquals(told, ["text x", "> ping", "> ping", "> ping"]);
  const apart = pingedAtMs.slice(1).map((atMs, i) => atMs - (pingedAtMs[i] ?? 0));
  assertEquals(
    apart.filter((ms) => ms < PING_EVERY_MS || ms > PING_EVERY_MS + STILL_MS),
    [],
  );
});

test("callerSocket: a pause of our own, in which nothing could be heard, is not taken for the peer's", () => {
  const { told, socket, open, clock, sleep } = rig();
  open();
  socket.listener.text("x");
  sleep(60_000);
  clock.advance(STILL_MS);
  assertEquals(told, ["text x", "> ping"]);
  socket.listener.text("y");
  clock.advance(STILL_MS - 1);
  assertEquals(told, ["text x", "> ping", "text y"]);
});

for (const [what, sign] of [
  ["a pong", (listener: ReturnType<typeof rig>["socket"]["listener"]) => listener.pong()],
  ["text", (listener: ReturnType<typeof rig>["socket"]["listener"]) => listener.text("x")],
  ["binary", (listener: ReturnType<typeof rig>["socket"]["listener"]) => listener.binary(1)],
] as const) {
  test(`callerSocket: ${what} as the answer to a ping keeps it for hours, media or not`, () => {
    const { clock, told, socket, open } = rig();
    open();
    for (let i = 0; i < 3_600; i++) {
      clock.advance(STILL_MS * UNANSWERED_PINGS);
      sign(socket.listener);
    }
    assertEquals(
      told.filter((line) => line.startsWith("closed")),
      [],
    );
    clock.advance(STILL_MS * (UNANSWERED_PINGS + 1));
    assertEquals(told.at(-1), "> terminate");
  });
}

test("callerSocket: where the runtime pings by itself, silence is its to judge", () => {
  const { clock, told, open } = rig({ canPing: false });
  open();
  clock.advance(PING_EVERY_MS * 10);
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
  assertEquals(told, ["> close 1008 refused", "closed 1006 no answer to our close frame within 2 s", "> terminate"]);
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
  assertEquals(told.slice(-2), ["closed 1006 50 frames in a row could not be sent: the peer does not read", "> terminate"]);
});

const passedOn = (told: readonly string[]): number => told.filter((line) => /^(text|binary) /.test(line)).length;

test("callerSocket: a flood is told to the call at once, closed with 1008, and dropped when the close is not answered", () => {
  const { clock, told, socket, open } = rig();
  open();
  for (let i = 0; i < FLOOD_MESSAGES; i++) socket.listener.text("x");
  assertEquals(told.length, FLOOD_MESSAGES);
  for (let i = 0; i < 10; i++) socket.listener.text("x");
  assertEquals(told.slice(FLOOD_MESSAGES), ["closed 1008 more than 200 messages a second", "> close 1008 too many messages"]);
  clock.advance(CLOSE_WAIT_MS);
  assertEquals(told.at(-1), "> terminate");
  assertEquals(clock.pending, 0);
});

test("callerSocket: a flood whose close is answered leaves no timer, and is told once", () => {
  const { clock, told, socket, open } = rig();
  open();
  for (let i = 0; i <= FLOOD_MESSAGES; i++) socket.listener.binary(1);
  socket.listener.closed(1008, "");
  assertEquals(told.filter((line) => line.startsWith("closed")).length, 1);
  assertEquals(clock.pending, 0);
});

test("callerSocket: a minute of frames at once, and all marks back with it, is no flood; nor is an hour at the rate that leaks", () => {
  const { clock, told, socket, open } = rig();
  open();
  clock.advance(STILL_MS);
  for (let i = 0; i < 3_000 + 256; i++) socket.listener.text("x");
  for (let i = 0; i < 3_600; i++) {
    for (let n = 0; n < FLOOD_PER_S; n++) socket.listener.text("x");
    clock.advance(1_000);
  }
  assertEquals(passedOn(told), 3_256 + 3_600 * FLOOD_PER_S);
});

test("callerSocket: bytes flood as well: four megabytes at once are too many", () => {
  const { told, socket, open } = rig();
  open();
  for (let i = 0; i < 100; i++) socket.listener.text("x".repeat(65_536));
  assertEquals(passedOn(told), 61);
  assertEquals(told.at(-1), "> close 1008 too many messages");
});
