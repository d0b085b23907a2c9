// The caller's socket on a manual clock and a fake runtime socket: liveness probes, closing, backpressure, floods.

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

function rig({ takes = () => true }: { takes?: () => boolean } = {}) {
  const clock = manualClock();
  const seen: string[] = [];
  let sleptMs = 0;
  const ours = { nowMs: () => clock.nowMs() + sleptMs, after: clock.after };
  const socket = callerSocket(ours, {
    onText: (text) => seen.push(`text ${text}`),
    onBinary: (bytes) => seen.push(`binary ${bytes}`),
    onClosed: (code, reason) => seen.push(`closed ${code} ${reason}`),
  });
  const accepted: AcceptedSocket = {
    batch: (work) => work(),
    sendText(text) {
      seen.push(`> ${text}`);
      return takes();
    },
    close: (code, reason) => seen.push(`> close ${code} ${reason}`),
    terminate: () => seen.push("> terminate"),
    ping: () => void seen.push("> ping"),
    bufferedBytes: () => 0,
  };
  const open = (): void => socket.listener.opened(accepted);
  /** The process stands still: no timer fires and nothing is read. */
  const sleep = (ms: number): void => {
    sleptMs += ms;
  };
  return { clock, seen, socket, open, sleep };
}

test("callerSocket: passes on text and binary, sends, and reports the close once", () => {
  const { seen, socket, open, clock } = rig();
  open();
  socket.listener.text("a");
  socket.listener.binary(3);
  assertEquals(socket.port.send("b"), true);
  socket.listener.closed(1006, "gone");
  socket.listener.closed(1006, "gone");
  assertEquals(socket.port.send("late"), false);
  assertEquals(seen, ["text a", "binary 3", "> b", "closed 1006 gone"]);
  assertEquals(clock.pending, 0);
});

test("callerSocket: a silent peer is probed after STILL_MS and dropped after UNANSWERED_PINGS probes, within five seconds", () => {
  const { clock, seen, socket, open } = rig();
  open();
  clock.advance(STILL_MS - 20);
  socket.listener.text("x");
  clock.advance(STILL_MS - 1);
  assertEquals(seen, ["text x"]);
  clock.advance(1);
  assertEquals(seen, ["text x", "> ping"]);
  clock.advance(STILL_MS * UNANSWERED_PINGS - 1);
  assertEquals(seen, ["text x", "> ping", "> ping"]);
  clock.advance(1);
  assertEquals(seen.slice(3), ["closed 1006 no frame for 4.5 s, and no pong to 2 pings", "> terminate"]);
  assertEquals(clock.pending, 0);
});

test("callerSocket: while frames arrive it pings every PING_EVERY_MS, within STILL_MS", () => {
  const { clock, seen, socket, open } = rig();
  open();
  const pingedAtMs = [clock.nowMs()];
  for (;;) {
    clock.advance(20);
    if (seen.includes("> ping")) pingedAtMs.push(clock.nowMs());
    if (pingedAtMs.length === 5) break;
    seen.length = 0;
    socket.listener.text("x");
  }
  // When the frames stop: the last of those pings is not a liveness probe, so it need not be answered.
  clock.advance(STILL_MS * (UNANSWERED_PINGS + 1) - 21);
  assertEquals(seen, ["text x", "> ping", "> ping", "> ping"]);
  const apart = pingedAtMs.slice(1).map((atMs, i) => atMs - (pingedAtMs[i] ?? 0));
  assertEquals(
    apart.filter((ms) => ms < PING_EVERY_MS || ms > PING_EVERY_MS + STILL_MS),
    [],
  );
});

test("callerSocket: a pause of our own process does not count against the peer", () => {
  const { seen, socket, open, clock, sleep } = rig();
  open();
  socket.listener.text("x");
  sleep(60_000);
  clock.advance(STILL_MS);
  assertEquals(seen, ["text x", "> ping"]);
  socket.listener.text("y");
  clock.advance(STILL_MS - 1);
  assertEquals(seen, ["text x", "> ping", "text y"]);
});

for (const [what, sign] of [
  ["a pong", (listener: ReturnType<typeof rig>["socket"]["listener"]) => listener.pong()],
  ["text", (listener: ReturnType<typeof rig>["socket"]["listener"]) => listener.text("x")],
  ["binary", (listener: ReturnType<typeof rig>["socket"]["listener"]) => listener.binary(1)],
] as const) {
  test(`callerSocket: ${what} as the answer to a ping keeps the socket open for hours, with or without media`, () => {
    const { clock, seen, socket, open } = rig();
    open();
    for (let i = 0; i < 3_600; i++) {
      clock.advance(STILL_MS * UNANSWERED_PINGS);
      sign(socket.listener);
    }
    assertEquals(
      seen.filter((line) => line.startsWith("closed")),
      [],
    );
    clock.advance(STILL_MS * (UNANSWERED_PINGS + 1));
    assertEquals(seen.at(-1), "> terminate");
  });
}

test("callerSocket: after our close nothing is passed on or sent, and the peer's close is reported", () => {
  const { seen, socket, open, clock } = rig();
  open();
  socket.port.close();
  socket.port.close();
  socket.listener.text("late");
  assertEquals(socket.port.send("late"), false);
  socket.listener.closed(1000, "");
  assertEquals(seen, ["> close 1000 ", "closed 1000 "]);
  assertEquals(clock.pending, 0);
});

test("callerSocket: a peer that does not answer our close is dropped", () => {
  const { clock, seen, socket, open } = rig();
  open();
  socket.close(1008, "refused");
  clock.advance(CLOSE_WAIT_MS);
  assertEquals(seen, ["> close 1008 refused", "closed 1006 no answer to our close frame within 2 s", "> terminate"]);
  socket.listener.closed(1006, "");
  assertEquals(seen.length, 3);
});

test("callerSocket: a close before the socket is open happens when it opens", () => {
  const { seen, socket, open } = rig();
  socket.close(1008, "refused");
  assertEquals(seen, []);
  open();
  assertEquals(seen, ["> close 1008 refused"]);
});

test("callerSocket: a close that the runtime reports within close() is reported once", () => {
  const { clock, seen, socket } = rig();
  const accepted: AcceptedSocket = {
    sendText: () => true,
    batch: (work) => work(),
    close: (code, reason) => socket.listener.closed(code, reason),
    terminate: () => socket.listener.closed(1006, ""),
    ping: () => {},
    bufferedBytes: () => 0,
  };
  socket.listener.opened(accepted);
  socket.port.close();
  assertEquals(seen, ["closed 1000 "]);
  assertEquals(clock.pending, 0);
});

test("callerSocket: MAX_DROPPED_FRAMES unsent frames in a row drop the peer; a sent one restarts the count", () => {
  let takes = false;
  const { seen, socket, open } = rig({ takes: () => takes });
  open();
  for (let i = 1; i < MAX_DROPPED_FRAMES; i++) assertEquals(socket.port.send("frame"), false);
  takes = true;
  assertEquals(socket.port.send("frame"), true);
  takes = false;
  for (let i = 1; i < MAX_DROPPED_FRAMES; i++) socket.port.send("frame");
  assertEquals(seen.includes("> terminate"), false);
  socket.port.send("frame");
  assertEquals(seen.slice(-2), ["closed 1006 50 frames in a row could not be sent: the peer does not read", "> terminate"]);
});

const passedOn = (seen: readonly string[]): number => seen.filter((line) => /^(text|binary) /.test(line)).length;

test("callerSocket: a flood drops the peer at once, without a close frame, and is reported once with 1008", () => {
  const { clock, seen, socket, open } = rig();
  open();
  for (let i = 0; i < FLOOD_MESSAGES; i++) socket.listener.text("x");
  assertEquals(seen.length, FLOOD_MESSAGES);
  for (let i = 0; i < 10; i++) socket.listener.binary(1);
  socket.listener.closed(1006, "");
  assertEquals(seen.slice(FLOOD_MESSAGES), ["closed 1008 more than 200 messages a second", "> terminate"]);
  assertEquals(clock.pending, 0);
});

test("callerSocket: drop ends a socket without a close frame; before the socket is open, when it opens", () => {
  for (const early of [true, false]) {
    const { clock, seen, socket, open } = rig();
    if (early) socket.drop();
    open();
    if (!early) socket.drop();
    socket.listener.text("late");
    socket.listener.closed(1006, "");
    assertEquals(seen, ["closed 1006 dropped", "> terminate"]);
    assertEquals(clock.pending, 0);
  }
});

test("callerSocket: a minute of frames and all marks at once are not a flood, nor is an hour at FLOOD_PER_S", () => {
  const { clock, seen, socket, open } = rig();
  open();
  clock.advance(STILL_MS);
  for (let i = 0; i < 3_000 + 256; i++) socket.listener.text("x");
  for (let i = 0; i < 3_600; i++) {
    for (let n = 0; n < FLOOD_PER_S; n++) socket.listener.text("x");
    clock.advance(1_000);
  }
  assertEquals(passedOn(seen), 3_256 + 3_600 * FLOOD_PER_S);
});

test("callerSocket: large messages count more: four megabytes at once are a flood", () => {
  const { seen, socket, open } = rig();
  open();
  for (let i = 0; i < 100; i++) socket.listener.text("x".repeat(65_536));
  assertEquals(passedOn(seen), 61);
  assertEquals(seen.at(-1), "> terminate");
});
