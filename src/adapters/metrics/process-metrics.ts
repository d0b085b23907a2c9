// The process itself, by the names that every Prometheus client uses:
// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
// prom-client's own collector is not used. It keeps a timer running, reports 0 for what it cannot read (Deno without
// permission for /proc), Node's version for Bun's, address space that Bun and Deno reserve and do not use (7 and 18 GB)
// as process_virtual_memory_bytes and process_heap_bytes, and under Bun a heap that is smaller than the part in use.

import { readdirSync } from "node:fs";
import process from "node:process";
import { type Family, single } from "./family.ts";

const MICROSECONDS = 1e6;

export interface ProcessFacts {
  readonly nowMs: number;
  /** Undefined: no limit, or unknown. */
  readonly openFileLimit: number | undefined;
  /** The process's resident memory now. */
  residentBytes(): number;
}

/** What cannot be known is left out. */
export function processMetrics({ nowMs, openFileLimit, residentBytes }: ProcessFacts, fdFolder = "/proc/self/fd"): readonly Family[] {
  const { user, system } = process.cpuUsage();
  const startedS = Math.round(nowMs / 1_000 - process.uptime());
  const openFiles = countOpenFiles(fdFolder);
  return [
    single("counter", "process_cpu_user_seconds_total", "User CPU time spent, in seconds.", user / MICROSECONDS),
    single("counter", "process_cpu_system_seconds_total", "System CPU time spent, in seconds.", system / MICROSECONDS),
    single("counter", "process_cpu_seconds_total", "User and system CPU time spent, in seconds.", (user + system) / MICROSECONDS),
    single("gauge", "process_start_time_seconds", "Start of the process, in seconds since the Unix epoch.", startedS),
    single("gauge", "process_resident_memory_bytes", "Resident memory, in bytes.", residentBytes()),
    ...(openFiles === undefined ? [] : [single("gauge", "process_open_fds", "Open file descriptors.", openFiles)]),
    ...(openFileLimit === undefined ? [] : [single("gauge", "process_max_fds", "Most file descriptors that may be open.", openFileLimit)]),
  ];
}

/** Without the one that reads the folder. Undefined where there is no /proc, or Deno may not read it. */
function countOpenFiles(folder: string): number | undefined {
  try {
    return readdirSync(folder).length - 1;
  } catch {
    return undefined;
  }
}

/** 1, with the build as labels. */
export function buildInfo(build: { readonly version: string; readonly revision: string; readonly runtime: string }): Family {
  const labels = { version: build.version, revision: build.revision, runtime: build.runtime };
  const help = "1; the labels name the build: version, git commit, and runtime.";
  return { type: "gauge", name: "voice_build_info", help, samples: [{ labels, value: 1 }] };
}
