// Notifies systemd: ready, alive, stopping. The unit: unit.ts. Without systemd it does nothing.
// Follows sd_notify(3) and sd_watchdog_enabled(3).

import { notifySystemd } from "#platform";
import type { Clock, Log } from "../../call/ports.ts";
import type { SystemdConfig } from "../../config/config.ts";
import type { Platform } from "../../platform/seam.ts";

export interface SystemdNotifier {
  /** The server listens. Keep-alives start. `status` is one line for `systemctl status`. */
  ready(status: string): void;
  /** The drain began. Keep-alives continue, because calls do. */
  stopping(status: string): void;
  /** Keep-alives end. */
  stop(): void;
}

export interface SystemdDeps {
  readonly systemd: SystemdConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly notify?: Platform["notifySystemd"];
}

/** Its methods never throw. A message that cannot be sent is logged once. */
export function systemdNotifier({ systemd, clock, log, notify = notifySystemd }: SystemdDeps): SystemdNotifier {
  const { notifySocket, watchdogUsec } = systemd;
  let reported = false;
  let stopTimer = (): void => {};
  const send = (...lines: readonly string[]): void => {
    if (notifySocket === undefined || notify(notifySocket, lines.join("\n")) || reported) return;
    reported = true;
    log("warning", "systemd.notifyFailed", { socket: notifySocket, message: lines[0] });
  };
  const keepAlive = (): void => {
    if (notifySocket === undefined || watchdogUsec === undefined) return;
    send("WATCHDOG=1");
    stopTimer = clock.after(watchdogUsec / 2_000, keepAlive); // half the interval in ms, as sd_watchdog_enabled(3) recommends
  };
  const status = (text: string): string => `STATUS=${text.replaceAll(/\s+/g, " ")}`;
  return {
    ready(text) {
      send("READY=1", status(text));
      keepAlive();
    },
    stopping: (text) => send("STOPPING=1", status(text)),
    stop: () => stopTimer(),
  };
}
