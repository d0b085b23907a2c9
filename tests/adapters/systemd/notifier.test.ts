// The notifications to systemd, on a manual clock.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { type SystemdDeps, systemdNotifier } from "../../../src/adapters/systemd/notifier.ts";
import { manualClock } from "../../support/manual-clock.ts";

function rig(systemd: SystemdDeps["systemd"], reached = true) {
  const clock = manualClock();
  const seen: string[] = [];
  const notifier = systemdNotifier({
    systemd,
    clock,
    log: (level, event) => seen.push(`${level} ${event}`),
    notify(socket, state) {
      seen.push(`${socket}: ${state}`);
      return reached;
    },
  });
  return { clock, seen, notifier };
}

test("systemdNotifier: ready, then alive twice in each interval, then stopping and still alive", () => {
  const { clock, seen, notifier } = rig({ notifySocket: "/n", watchdogUsec: 30_000_000 });
  clock.advance(60_000);
  notifier.ready("takes\ncalls");
  clock.advance(30_000);
  notifier.stopping("2 calls");
  clock.advance(15_000);
  notifier.stop();
  clock.advance(60_000);
  const alive = "/n: WATCHDOG=1";
  assertEquals(seen, ["/n: READY=1\nSTATUS=takes calls", alive, alive, alive, "/n: STOPPING=1\nSTATUS=2 calls", alive]);
  assertEquals(clock.pending, 0);
});

test("systemdNotifier: without a watchdog there are no keep-alives", () => {
  const { clock, seen, notifier } = rig({ notifySocket: "/n", watchdogUsec: undefined });
  notifier.ready("ok");
  clock.advance(3_600_000);
  assertEquals(seen, ["/n: READY=1\nSTATUS=ok"]);
});

test("systemdNotifier: without systemd nothing is sent, and no timer runs", () => {
  const { clock, seen, notifier } = rig({ notifySocket: undefined, watchdogUsec: 1_000_000 });
  notifier.ready("ok");
  notifier.stopping("ok");
  assertEquals([seen, clock.pending], [[], 0]);
});

test("systemdNotifier: an unreachable systemd is logged once", () => {
  const { clock, seen, notifier } = rig({ notifySocket: "/n", watchdogUsec: 30_000_000 }, false);
  notifier.ready("ok");
  clock.advance(60_000);
  assertEquals(
    seen.filter((line) => line.startsWith("warning")),
    ["warning systemd.notifyFailed"],
  );
});
