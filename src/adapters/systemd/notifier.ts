// What systemd is told: ready, alive, stopping. Not the unit (adapters/systemd/unit.ts). Without systemd, nothing happens here.
// Follows sd_notify(3) and sd_watchdog_enabled(3).

import { notifySystemd } from "#platform";
import type { Clock, Log } from "../../call/ports.ts";
import type { SystemdConfig } from "../../config/config.ts";
import type { Platform } from "../../platform/seam.ts";

/** Tells systemd how we are. */
export interface SystemdNotifier {
  /** The server listens; from now on the watchdog is fed. `status` is one line for `systemctl status`. */
  ready(status: string): void;
  /** The drain began; the watchdog is fed on, for running calls go on. */
  stopping(status: string): void;
  /** The end: the watchdog is not fed any more. */
  stop(): void;
}

/** What {@link systemdNotifier} needs of the world. */
export interface SystemdDeps {
  readonly systemd: SystemdConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly notify?: Platform["notifySystemd"];
}

/** Makes the notifier; its methods never throw. A message that cannot be sent is logged once. */
export function systemdNotifier({ systemd, clock, log, notify = notifySystemd }: SystemdDeps): SystemdNotifier {
  const { notifySocket, watchdogUsec } = systemd;
  let reported = false;
  let stopTimer = (): void => {};
  const tell = (...lines: readonly string[]): void => {
    if (notifySocket === undefined || notify(notifySocket, lines.join("\n")) || reported) return;
    reported = true;
    log("warning", "systemd.notifyFailed", { socket: notifySocket, message: lines[0] });
  };
  const feed = (): void => {
    if (notifySocket === undefined || watchdogUsec === undefined) return;
    tell("WATCHDOG=1");
    stopTimer = clock.after(watchdogUsec / 2_000, feed); // half the interval, microseconds to ms, as sd_watchdog_enabled(3) recommends
  };
  const status = (text: string): string => `STATUS=${text.replaceAll(/\s+/g, " ")}`;
  return {
    ready(text) {
      tell("READY=1", status(text));
      feed();
    },
    stopping: (text) => tell("STOPPING=1", status(text)),
    stop: () => stopTimer(),
  };
}
