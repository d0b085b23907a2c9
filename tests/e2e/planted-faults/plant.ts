// Plants one fault in a copy of the source and runs the selftest there. Copies lie in the system's temporary folder and are removed.

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Fault } from "./faults.ts";

const root = resolve(import.meta.dir, "../../..");
/** At most this many selftests at once: each is mostly waiting, and takes under a second of processor time. */
const AT_ONCE = 4;
/** A selftest ends by itself within its own bound of 60 s. */
const LIMIT_MS = 90_000;

/** What a selftest said. */
export interface Run {
  readonly exitCode: number | null;
  readonly ids: readonly string[];
  readonly red: readonly string[];
  /** What the red ones saw, and what went to stderr: for the message of a failed test. */
  readonly told: string;
  readonly ms: number;
}

/** Runs the selftest of the source with this fault in it; without one when undefined. Rejects when the fault's text is not there exactly once. */
async function plant(fault: Fault | undefined): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "voice-fault-"));
  try {
    for (const name of ["src", "package.json", "tsconfig.json"]) cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    if (fault !== undefined) change(join(folder, "src", fault.file), fault);
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function change(path: string, { find, put, file }: Fault): void {
  const text = readFileSync(path, "utf8");
  const times = text.split(find).length - 1;
  if (times !== 1) throw new Error(`src/${file}: expected the text to be changed once, found it ${times} times: ${find}`);
  writeFileSync(
    path,
    text.replace(find, () => put),
  );
}

async function run(folder: string): Promise<Run> {
  const startedAtMs = performance.now();
  const child = Bun.spawn([process.execPath, "src/main.ts", "--selftest", "--json"], {
    cwd: folder,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  const { checks } = JSON.parse(stdout || '{"checks":[]}') as { checks: { id: string; ok: boolean; actual: string }[] };
  const red = checks.filter(({ ok }) => !ok);
  return {
    exitCode: child.exitCode,
    ids: checks.map(({ id }) => id),
    red: red.map(({ id }) => id),
    told: [...red.map(({ id, actual }) => `${id}: ${actual}`), stderr].join("\n"),
    ms: performance.now() - startedAtMs,
  };
}

/** What is red in a run that neither is nor may be because of its fault. */
export function strangersIn(run: Run, fault: Fault | undefined): readonly string[] {
  const { red = [], also = [] } = fault ?? {};
  return also.includes("*") ? [] : run.red.filter((id) => !red.includes(id) && !also.includes(id));
}

/** Runs it; once more when something is red that should not be: a machine that was busy for a while is no fault, and a fault is one both times. */
async function plantTwice(fault: Fault | undefined): Promise<Run> {
  const run = await plant(fault);
  return strangersIn(run, fault).length === 0 ? run : plant(fault);
}

/** Starts all runs, a few at a time, in their order; each of the promises may be waited for by itself. */
export function plantAll(faults: readonly (Fault | undefined)[]): readonly Promise<Run>[] {
  const runs = faults.map((fault) => ({ fault, ...Promise.withResolvers<Run>() }));
  const waiting = [...runs];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      next.promise.catch(() => {}); // its test, which comes later, will see it
      await plantTwice(next.fault).then(next.resolve, next.reject);
    }
  };
  for (let lane = 0; lane < AT_ONCE; lane++) void work();
  return runs.map(({ promise }) => promise);
}
