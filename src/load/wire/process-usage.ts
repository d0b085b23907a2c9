// What the process of the server uses, from Linux's /proc: CPU time in user and kernel mode, and resident memory.
// Follows proc_pid_stat(5) and proc_pid_status(5): https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html

import { readFileSync } from "node:fs";
import process from "node:process";
import { UsageError } from "../../config/usage-error.ts";
import type { TargetUsage } from "../measure/measurements.ts";

/** A clock tick, USER_HZ, is 1/100 s on every Linux that we run on (sysconf(3), _SC_CLK_TCK). */
const TICK_MS = 10;
/** Part of the planned calls that must be in progress for a sample to count. */
const BUSY_SHARE = 0.9;

export interface ProcessTimes {
  readonly userMs: number;
  readonly systemMs: number;
  readonly residentBytes: number;
}

export interface UsageSample extends ProcessTimes {
  readonly atMs: number;
  /** Calls in progress. */
  readonly active: number;
}

/** Throws a {@link UsageError} when there is no such process, or no /proc. */
export function readProcess(pid: number, root = "/proc"): ProcessTimes {
  const read = (name: string): string => {
    try {
      return readFileSync(`${root}/${pid}/${name}`, "utf8");
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const hint = why.includes("--allow-read") ? "run Deno with --allow-read=/proc" : "--pid needs Linux, and the id of a running process";
      throw new UsageError(`--pid ${pid}: cannot read ${root}/${pid}/${name}: ${why}`, hint);
    }
  };
  const times = parseStat(read("stat"));
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(read("status"))?.[1];
  if (times === undefined || resident === undefined) {
    throw new UsageError(`--pid ${pid}: ${root}/${pid} is not that of a running process`, "--pid needs the id of a running process");
  }
  return { ...times, residentBytes: Number(resident) * 1_024 };
}

/** The CPU time of this process so far. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Fields 14 and 15 of /proc/PID/stat. The name of the program, field 2, may hold anything, also brackets. */
export function parseStat(text: string): Pick<ProcessTimes, "userMs" | "systemMs"> | undefined {
  const fields = text
    .slice(text.lastIndexOf(")") + 1)
    .trim()
    .split(/\s+/);
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return Number.isInteger(user) && Number.isInteger(system) ? { userMs: user * TICK_MS, systemMs: system * TICK_MS } : undefined;
}

/** `samples` in order, the first one before any call. `peak`: the calls planned. Undefined: no call was in progress. */
export function usageOf(pid: number, samples: readonly UsageSample[], peak: number): TargetUsage | undefined {
  const [idle] = samples;
  const highest = Math.max(0, ...samples.map(({ active }) => active));
  if (idle === undefined || highest === 0) return undefined;
  const least = BUSY_SHARE * Math.min(peak, highest);
  const spans = samples.slice(1).flatMap((sample, at) => {
    const before = samples[at];
    return before !== undefined && before.active >= least && sample.active >= least ? [[before, sample] as const] : [];
  });
  const sum = (of: (before: UsageSample, after: UsageSample) => number): number =>
    spans.reduce((total, [before, after]) => total + of(before, after), 0);
  const seconds = sum((before, after) => after.atMs - before.atMs) / 1_000;
  const callSeconds = sum((before, after) => ((after.atMs - before.atMs) * (before.active + after.active)) / 2_000);
  if (callSeconds === 0) return undefined;
  const userMs = sum((before, after) => after.userMs - before.userMs);
  const systemMs = sum((before, after) => after.systemMs - before.systemMs);
  const peakBytes = Math.max(...samples.map(({ residentBytes }) => residentBytes));
  return {
    pid,
    userMsPerCallSecond: userMs / callSeconds,
    systemMsPerCallSecond: systemMs / callSeconds,
    coreShare: (userMs + systemMs) / (seconds * 1_000),
    idleBytes: idle.residentBytes,
    peakBytes,
    bytesPerCall: Math.max(0, peakBytes - idle.residentBytes) / highest,
  };
}
