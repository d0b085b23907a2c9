// What a process holds, as Linux shows it: https://man7.org/linux/man-pages/man5/proc.5.html

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface Resources {
  /** Resident memory. */
  readonly rssKib: number;
  /** Open file descriptors, sockets included. */
  readonly files: number;
  readonly sockets: number;
  readonly threads: number;
}

const statusOf = (pid: number, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

export function resourcesOf(pid: number): Resources {
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${descriptor}`)];
    } catch {
      return []; // closed meanwhile
    }
  });
  const sockets = links.filter((link) => link.startsWith("socket:")).length;
  return { rssKib: statusOf(pid, "VmRSS"), files: links.length, sockets, threads: statusOf(pid, "Threads") };
}

/** How often the main thread has waited so far. Timers that were left running wake an idle process. */
export function wakeUpsOf(pid: number): number {
  return statusOf(pid, "voluntary_ctxt_switches");
}
