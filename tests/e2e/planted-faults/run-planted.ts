// Runs the selftest of the source with one fault planted (preload.ts), a few at a time. What a run must show:
// ../planted-faults.test.ts.

import { resolve } from "node:path";
import type { Fault } from "./fault.ts";

const root = resolve(import.meta.dir, "../../..");
const preload = resolve(import.meta.dir, "preload.ts");
/** At most this many selftests at once. Each takes about 7 s, 1.5 s of it on a processor. */
const AT_ONCE = 3;
/** A stall of half a second changes what a caller hears of a reply. No run is below 0.3 s: the source is loaded. */
const STALL_MAX_MS = 600;
/** How often a run is started again that the machine stalled. */
const RETRIES = 3;
/** A selftest ends by itself within its own bound of 60 s. */
const LIMIT_MS = 90_000;

/** What a selftest reported. */
export interface Run {
  readonly exitCode: number | null;
  readonly ids: readonly string[];
  readonly red: readonly string[];
  /** What the red checks found, and stderr: for the message of a failed test. */
  readonly report: string;
  /** The machine stalled the process for so long that deadlines passed: a red check says nothing about the fault. */
  readonly stalled: boolean;
}

/** Runs the selftest with this fault; without any when undefined. */
async function run(fault: Fault | undefined): Promise<Run> {
  const child = Bun.spawn([process.execPath, "--preload", preload, "src/main.ts", "--selftest", "--json"], {
    cwd: root,
    env: { ...process.env, PLANTED_FAULT: fault?.name },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  const { checks } = JSON.parse(stdout || '{"checks":[]}') as { checks: { id: string; level: string; actual: string }[] };
  const red = checks.filter(({ level }) => level !== "ok");
  return {
    exitCode: child.exitCode,
    ids: checks.map(({ id }) => id),
    red: red.map(({ id }) => id),
    stalled: Number(/^stalled (\d+) ms$/m.exec(stderr)?.[1]) > STALL_MAX_MS,
    report: [...red.map(({ id, actual }) => `${id}: ${actual}`), stderr].join("\n"),
  };
}

/** Checks that are red although the fault neither must nor may turn them red. */
export function unexpectedlyRed({ red: found }: Run, { red = [], also = [] }: Partial<Fault> = {}): readonly string[] {
  return also.includes("*") ? [] : found.filter((id) => !red.includes(id) && !also.includes(id));
}

/** A run that the machine stalled is started again if its red checks are not those of the fault. No other run is. */
async function runUnstalled(fault: Fault | undefined): Promise<Run> {
  const isAsExpected = (one: Run): boolean =>
    unexpectedlyRed(one, fault).length === 0 && (fault?.red ?? []).every((id) => one.red.includes(id));
  let last = await run(fault);
  for (let retry = 0; retry < RETRIES && last.stalled && !isAsExpected(last); retry++) last = await run(fault);
  return last;
}

/** Starts all runs, a few at a time, in order. Each promise can be awaited by itself. */
export function runAll(faults: readonly (Fault | undefined)[]): readonly Promise<Run>[] {
  const runs = faults.map((fault) => ({ fault, ...Promise.withResolvers<Run>() }));
  const waiting = [...runs];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      next.promise.catch(() => {}); // its own test, which runs later, reports it
      await runUnstalled(next.fault).then(next.resolve, next.reject);
    }
  };
  for (let lane = 0; lane < AT_ONCE; lane++) void work();
  return runs.map(({ promise }) => promise);
}
