// The counts that show a leak, and the delayed connection.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { ModelDialler, ModelListener } from "../../src/call/ports.ts";
import type { Connection, ListenOptions, SocketListener } from "../../src/platform/seam.ts";
import { countedClock, countedListen, recordingDialler } from "../../src/selftest/resource-counters.ts";
import { manualClock } from "../support/manual-clock.ts";

test("countedClock: a timer counts until it fires or is cancelled, once", () => {
  const manual = manualClock();
  const clock = countedClock(manual);
  const callOff = clock.after(10, () => {});
  clock.after(20, () => {});
  assertEquals(clock.timers, 2);
  callOff();
  callOff();
  assertEquals(clock.timers, 1);
  manual.advance(20);
  assertEquals(clock.timers, 0);
});

test("countedListen: a socket counts from its opening to its close", () => {
  let options: ListenOptions | undefined;
  let upgraded: SocketListener | undefined;
  const events: string[] = [];
  const listening = countedListen((given) => {
    options = given;
    return { port: 1, hostname: "", stop: async () => {}, stopNow: async () => {}, closeStalled: () => 0 };
  });
  const record = (what: string) => () => void events.push(what);
  const listener = {
    opened: record("opened"),
    text: record("text"),
    binary: record("binary"),
    pong: record("pong"),
    closed: record("closed"),
  };
  listening.listen({
    hostname: "",
    port: 0,
    maxMessageBytes: 1,
    fetch: (_, connection) => connection.upgrade(undefined, {}, listener) ?? new Response(),
    failed: () => new Response(),
    threw: () => {},
  });
  const connection: Connection = {
    peerAddress: "",
    upgrade(_, __, given) {
      upgraded = given;
      return new Response();
    },
  };
  void options?.fetch(new Request("http://a/"), connection);
  assertEquals(listening.sockets, 0);
  upgraded?.opened({} as never);
  assertEquals(listening.sockets, 1);
  upgraded?.text("x");
  upgraded?.closed(1000, "");
  assertEquals(listening.sockets, 0);
  assertEquals(events, ["opened", "text", "closed"]);
});

/** A dialler that hands out its listener. */
function handing(): ModelDialler & { readonly listeners: ModelListener[] } {
  const listeners: ModelListener[] = [];
  return {
    name: "",
    listeners,
    dial(_, __, listener) {
      listeners.push(listener);
      return { send: () => {}, close: () => {} };
    },
  };
}

const end = { code: 1000, reason: "", httpStatus: undefined, failure: undefined };
for (const lagMs of [0, 100]) {
  test(`recordingDialler: with a lag of ${lagMs} ms everything comes so late, in order, and is kept as it comes`, () => {
    const clock = manualClock(0);
    const inner = handing();
    const dialler = recordingDialler(clock, () => ({ dialler: inner, lagMs }));
    const events: string[] = [];
    dialler.dial("CA1", "", {
      opened: () => events.push("opened"),
      text: (text) => events.push(text),
      closed: () => events.push("closed"),
    });
    inner.listeners[0]?.opened();
    inner.listeners[0]?.text("a");
    inner.listeners[0]?.text("b");
    assertEquals(events, lagMs === 0 ? ["opened", "a", "b"] : []);
    clock.advance(lagMs);
    assertEquals(events, ["opened", "a", "b"]);
    const kept = ["a", "b"].map((text) => ({ atMs: lagMs, text }));
    assertEquals(dialler.deliveries("CA1"), [{ delivered: kept }]);
    assertEquals(dialler.open, 1);
    inner.listeners[0]?.closed(end);
    clock.advance(lagMs);
    assertEquals([dialler.open, dialler.deliveries("CA2").length], [0, 0]);
  });
}
