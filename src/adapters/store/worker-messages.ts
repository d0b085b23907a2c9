// What the server's thread and the store's worker send each other. The worker has no clock: every message brings the
// time, in epoch milliseconds.

import type { DeliveredEvent } from "./add-deliveries.ts";
import type { Keep } from "./forget-calls.ts";
import type { Instance } from "./unfinished-calls.ts";
import type { Write } from "./writes.ts";

/** Given to the worker when it starts. */
export interface WorkerSetup {
  readonly path: string;
  readonly instance: Instance;
  readonly keep: Keep;
  /** What others receive of a call that ends. */
  readonly deliver: readonly DeliveredEvent[];
}

export type ToWorker =
  | { readonly type: "apply"; readonly batch: number; readonly writes: readonly Write[]; readonly nowMs: number }
  /** Regular work: shows that the process is alive, closes the calls of dead ones, forgets what is too old. */
  | { readonly type: "tick"; readonly nowMs: number }
  /** The process ends in order. */
  | { readonly type: "close"; readonly nowMs: number };

export type FromWorker =
  /** `setAside`: where a damaged database was moved. `unfinished`: how many calls of dead processes were closed. */
  | { readonly type: "opened"; readonly setAside: string | undefined; readonly unfinished: number }
  | { readonly type: "applied"; readonly batch: number }
  /** Nothing of the batch was applied. */
  | { readonly type: "failed"; readonly batch: number; readonly problem: string }
  /** The database cannot be opened. `isFinal`: not by trying again either. */
  | { readonly type: "notOpened"; readonly problem: string; readonly isFinal: boolean }
  | { readonly type: "closed" };
