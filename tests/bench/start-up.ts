// How long a start takes: from exec to the last byte of the first HTTP answer, of voice and of an empty Hono server
// that is compiled with the same flags. The servers take turns; medians are printed.
// No core is reserved: a start uses both.
//
//   bun tests/bench/start-up.ts [--repeats 40] [EXECUTABLE ...]        default: ./voice

import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Socket } from "bun";
import { buildArguments } from "../../scripts/build.ts";
import { median } from "./call-cost.ts";
import { freePort, scratch, start } from "./target.ts";

const GIVE_UP_MS = 5_000;
const ENTRY = "src/main.ts";

/** Compiles tests/bench/empty-hono.ts as voice is compiled. Returns the executable. */
export function buildEmptyHono(): string {
  const outfile = join(scratch, "empty-hono");
  const root = resolve(import.meta.dir, "../..");
  const flags = buildArguments(outfile, undefined, "bench").map((flag) => (flag === ENTRY ? "tests/bench/empty-hono.ts" : flag));
  const built = spawnSync(process.execPath, flags, { cwd: root, encoding: "utf8" });
  if (built.status !== 0) throw new Error(`cannot build empty-hono.ts: ${built.stderr}`);
  return outfile;
}

/** Whether the port answers GET /healthz now; false while nothing listens. Resolves with the answer's last byte. */
function answers(port: number): Promise<boolean> {
  const { promise, resolve: resolved } = Promise.withResolvers<boolean>();
  const request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  const socket = {
    open: (opened: Socket) => void opened.write(request),
    data(answered: Socket) {
      resolved(true); // first: end() calls close
      answered.end();
    },
    close: () => resolved(false),
    error: () => resolved(false),
    connectError: () => resolved(false),
  };
  Bun.connect({ hostname: "127.0.0.1", port, socket }).catch(() => resolved(false));
  return promise;
}

/** One start, in milliseconds. */
async function startOnce(executable: string): Promise<number> {
  const port = await freePort();
  const startedAtMs = performance.now();
  const child = start([resolve(executable)], { PORT: String(port) });
  while (!(await answers(port))) {
    if (performance.now() - startedAtMs > GIVE_UP_MS) throw new Error(`${executable} does not answer`);
  }
  const tookMs = performance.now() - startedAtMs;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await ended;
  return tookMs;
}

/** The median start of each executable, in milliseconds. */
export async function measureStarts(executables: readonly string[], repeats: number): Promise<number[]> {
  const times = executables.map((): number[] => []);
  for (let n = 0; n < repeats * executables.length; n += 1) {
    const at = n % executables.length;
    times[at]?.push(await startOnce(executables[at] ?? ""));
  }
  return times.map(median);
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { repeats: { type: "string", default: "40" } } });
  const executables = [buildEmptyHono(), ...(positionals.length === 0 ? ["./voice"] : positionals)];
  const medians = await measureStarts(executables, Number(values.repeats));
  const [empty = Number.NaN] = medians;
  executables.forEach((executable, at) => {
    const ms = medians[at] ?? Number.NaN;
    console.log(`${executable}: ${ms.toFixed(1)} ms, ${(ms / empty).toFixed(2)} x the empty Hono server`);
  });
  process.exit();
}
