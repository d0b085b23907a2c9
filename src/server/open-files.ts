// How many calls this process's open files carry: each socket is one. Beyond them the kernel lets callers wait without a word, where we can refuse with words.
// Not a limit on memory or on calls (config), and not a change of the limit: Bun has raised it as far as it may be.

import { waitingRoomLimits } from "./stream/pending-sockets.ts";

/** A call is a socket to Twilio and one to the model; a roll-over has two of these for a moment, and a webhook comes over one of its own. */
export const FILES_PER_CALL = 3;
/** For what is neither call nor stream: health checks, the log, the runtime's own. */
export const FILES_RESERVED = 128;
/** One in so many is for sockets that have not shown yet whose they are (server/stream/pending-sockets.ts). */
const WAITING_SHARE = 8;

/** Sockets without a call that so many open files carry; at least one. */
export function waitingWithin(openFiles: number): number {
  return Math.max(1, Math.min(waitingRoomLimits.sockets, Math.floor(openFiles / WAITING_SHARE)));
}

/** Calls that so many open files carry beside them; at least one. */
export function callsWithin(openFiles: number): number {
  return Math.max(1, Math.floor((openFiles - waitingWithin(openFiles) - FILES_RESERVED) / FILES_PER_CALL));
}

/** The soft limit in /proc/self/limits, proc_pid_limits(5); undefined when it has none, or the text is another. */
export function readOpenFiles(limits: string): number | undefined {
  const soft = /^Max open files +(\d+) /m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}
