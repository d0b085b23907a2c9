// Stores every call in the state folder: puts the observer, the store and its thread together.

import { readlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { CallObserver, Clock, Log } from "../../call/ports.ts";
import type { Redaction } from "../../protocol/redaction.ts";
import type { DeliveredEvent } from "./add-deliveries.ts";
import { openCallStore, type StartThread, type StoreHealth } from "./call-store.ts";
import type { Keep } from "./forget-calls.ts";
import { watchCalls } from "./watch-calls.ts";
import type { Write } from "./writes.ts";

/** The database in the state folder. */
export const DATABASE_FILE = "calls.db";

export interface StoredCalls {
  readonly observe: CallObserver;
  write(write: Write): void;
  health(): StoreHealth;
  /** Writes what is queued. On a disk that hangs it never resolves. */
  close(): Promise<void>;
}

export interface StoredCallsOptions {
  /** Made if it is missing. */
  readonly folder: string;
  readonly keep: Keep;
  readonly redact: readonly Redaction[];
  readonly deliver: readonly DeliveredEvent[];
  readonly clock: Clock;
  readonly log: Log;
  readonly start?: StartThread;
}

/** Returns at once; the database is opened later, in a thread of its own. */
export function storeCalls({ folder, keep, redact, ...rest }: StoredCallsOptions): StoredCalls {
  const instance = { id: crypto.randomUUID(), pidSpace: pidSpace(), pid: process.pid };
  const store = openCallStore({ path: join(folder, DATABASE_FILE), instance, keep, ...rest });
  return {
    observe: watchCalls({ write: (write) => store.write(write), redact }),
    write: (write) => store.write(write),
    health: () => store.health(),
    close: () => store.close(),
  };
}

/** Containers may share the folder, and each counts its processes from 1: pid_namespaces(7). "": unknown. */
function pidSpace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
