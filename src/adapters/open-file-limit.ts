// The process's limit of open files (RLIMIT_NOFILE). It is read, not changed: Bun has already raised it as far as
// permitted.

import { readFileSync } from "node:fs";

/**
 * The soft limit, from /proc/self/limits (proc_pid_limits(5)); undefined where there is none, or the file cannot be
 * read (no Linux; Deno).
 */
export function readOpenFileLimit(path = "/proc/self/limits"): number | undefined {
  try {
    const soft = /^Max open files +(\d+) /m.exec(readFileSync(path, "utf8"))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
