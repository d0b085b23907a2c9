// How many calls and pending sockets a limit of open files allows: each socket is an open file. Beyond the limit the
// kernel leaves callers waiting without an answer, whereas voice refuses them with a sentence.

import { pendingLimits } from "./stream/pending-sockets.ts";

/** The soft limit that Linux starts with; for a process that cannot read its own (Deno). */
export const USUAL_FILE_LIMIT = 1_024;
/** A socket to Twilio, one to the model (two during a roll-over), and one for a webhook. */
export const FILES_PER_CALL = 3;
/** For health checks, the log and the runtime. */
export const FILES_RESERVED = 128;
/** One open file in so many is for sockets that have not sent `start`. */
const PENDING_SHARE = 8;

/** At least one. */
export function maxPendingFor(openFileLimit: number): number {
  return Math.max(1, Math.min(pendingLimits.sockets, Math.floor(openFileLimit / PENDING_SHARE)));
}

/** Calls, in addition to the pending sockets. At least one. */
export function maxCallsFor(openFileLimit: number): number {
  return Math.max(1, Math.floor((openFileLimit - maxPendingFor(openFileLimit) - FILES_RESERVED) / FILES_PER_CALL));
}
