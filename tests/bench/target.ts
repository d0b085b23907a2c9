// A server under test: how it is started, on a core of its own, and what Linux says it used. The target's name on a
// command line: "relay" (bare-relay.ts), "node" (node-bridge.ts), or the path of a voice executable.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What targets log, and what is built for them. */
export const scratch = resolve(import.meta.dir, "../../.build/bench");
/** Without one voice answers with its built-in agent. */
export const AUTH_TOKEN = "0123456789abcdef0123456789abcdef";
/** USER_HZ, the unit of /proc/PID/stat, is 100 on Linux: proc(5). */
const TICK_MS = 10;
const START_MS = 10_000;
/** The target and everything it starts run on this core, the meter on the other. */
const TARGET_CORE = 0;
const METER_CORE = 1;

export interface Target {
  readonly name: string;
  readonly process: ChildProcess;
  readonly pid: number;
  readonly port: number;
}

/** Pins this process to the meter's core. False when the machine has one core: then both ends share it. */
export function pinMeter(): boolean {
  if (availableParallelism() < 2) return false;
  return spawnSync("taskset", ["-a", "-c", "-p", String(METER_CORE), String(process.pid)]).status === 0;
}

/** A file that Node runs, made from node-bridge.ts; `ws` stays outside and is the package. */
async function buildNodeBridge(): Promise<string> {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "node-bridge.ts")],
    target: "node",
    external: ["ws"],
    outdir: scratch,
    naming: "[name].mjs",
  });
  if (!built.success) throw new Error(`cannot build node-bridge.ts: ${built.logs.join("\n")}`);
  return join(scratch, "node-bridge.mjs");
}

async function commandOf(name: string): Promise<readonly string[]> {
  if (name === "relay") return [process.execPath, join(import.meta.dir, "bare-relay.ts")];
  if (name === "node") return ["node", await buildNodeBridge()];
  return [resolve(name)];
}

/**
 * Runs a command with the settings that every server under test gets. What it logs goes to the open file `log`, or to a
 * new one in `scratch`.
 */
export function start(command: readonly string[], settings: Readonly<Record<string, string>>, log?: number): ChildProcess {
  const { PATH } = process.env;
  const env = { PATH, HOST: "127.0.0.1", TWILIO_AUTH_TOKEN: AUTH_TOKEN, VOICE_LOG_FORMAT: "json", NODE_ENV: "production", ...settings };
  mkdirSync(scratch, { recursive: true });
  const file = log ?? openSync(join(scratch, `${basename(command.at(-1) ?? "")}.log`), "w");
  const child = spawn(command[0] ?? "", command.slice(1), { env, stdio: ["ignore", file, file] });
  if (log === undefined) closeSync(file);
  return child;
}

export async function startTarget(name: string, modelPort: number, maxCalls: number, log?: number): Promise<Target> {
  const command = await commandOf(name);
  const port = await freePort();
  const settings = {
    PORT: String(port),
    OPENAI_API_KEY: "x",
    OPENAI_BASE_URL: `http://127.0.0.1:${modelPort}/v1`,
    VOICE_MAX_CALLS: String(maxCalls),
  };
  const child = start(["taskset", "-c", String(TARGET_CORE), ...command], settings, log);
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command.join(" ")}`);
  for (const giveUpAtMs = performance.now() + START_MS; ; await sleep(20)) {
    if (child.exitCode !== null) throw new Error(`${name} ended with exit code ${child.exitCode}`);
    if (performance.now() > giveUpAtMs) throw new Error(`${name} does not answer on port ${port}`);
    const isUp = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      () => true,
      () => false,
    );
    if (isUp) return { name, process: child, pid, port };
  }
}

export async function stopTarget({ process: child }: Target): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await ended;
}

export function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

export interface CpuTime {
  readonly userMs: number;
  readonly systemMs: number;
}

/** Of all threads, also of those that have ended. */
export function cpuTime(pid: number): CpuTime {
  const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return { userMs: Number(afterName[11]) * TICK_MS, systemMs: Number(afterName[12]) * TICK_MS };
}

export function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}
