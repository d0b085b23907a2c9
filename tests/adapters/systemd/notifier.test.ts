// What systemd is told, and when, on a clock that the tests turn.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { type SystemdDeps, systemdNotifier } from "../../../src/adapters/systemd/notifier.ts";
import { manualClock } from "../../support/manual-clock.ts";

function rig(systemd: SystemdDeps["systemd"], reached = true) {
  const clock = manualClock();
  const told: string[] = [];
  const notifier = systemdNotifier({
    systemd,
    clock,
    log: (level, event) => told.push(`${level} ${event}`),
    notify(socket, state) {
      told.push(`${socket}: ${state}`);
      return reached;
    },
  });
  return { clock, told, notifier };
}

test("systemdNotifier: ready, then alive twice in each interval, then stopping and still alive", () => {
  const { clock, told, notifier } = rig({ notifySocket: "/n", watchdogUsec: 30_000_000 });
  clock.advance(60_000);
  notifier.ready("takes\ncalls");
  clock.advance(30_000);
  notifier.stopping("2 calls");
  clock.advance(15_000);
  notifier.stop();
  clock.advance(60_000);
  const alive = "/n: WATCHDOG=1";
  assertEquals(told, ["/n: READY=1\nSTATUS=takes calls", alive, alive, alive, "/n: STOPPING=1\nSTATUS=2 calls", alive]);
  assertEquals(clock.pending, 0);
});

test("systemdNotifier: without a watchdog nothing is fed", () => {
  const { clock, told, notifier } = rig({ notifySocket: "/n", watchdogUsec: undefined });
  notifier.ready("ok");
  clock.advance(3_600_000);
  assertEquals(told, ["/n: READY=1\nSTATUS=ok"]);
});

test("systemdNotifier: without systemd nothing is told, and no timer runs", () => {
  const { clock, told, notifier } = rig({ notifySocket: undefined, watchdogUsec: 1_000_000 });
  notifier.ready("ok");
  notifier.stopping("ok");
  assertEquals([told, clock.pending], [[], 0]);
});

test("systemdNotifier: that systemd cannot be reached is logged once", () => {
  const { clock, told, notifier } = rig({ notifySocket: "/n", watchdogUsec: 30_000_000 }, false);
  notifier.ready("ok");
  clock.advance(60_000);
  assertEquals(
    told.filter((line) => line.startsWith("warning")),
    ["warning systemd.notifyFailed"],
  );
});
