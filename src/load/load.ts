// One run of `voice load`: places calls (wire/), measures (measure/), plays the model if asked (model/), reports
// (report/). The arguments are read in commands/load.ts.

import { runtimeVersion } from "#platform";
import type { Clock } from "../call/ports.ts";
import { UsageError } from "../config/usage-error.ts";
import type { Platform } from "../platform/seam.ts";
import { type ExitCode, exitCodeOf, type Finding } from "../report/finding.ts";
import { junitReport } from "../report/junit.ts";
import type { OpenFile } from "../report/write-file.ts";
import { version } from "../version.ts";
import { type LoadResult, Measurements } from "./measure/measurements.ts";
import type { RampStep } from "./measure/ramp.ts";
import { startModelServer } from "./model/model-server.ts";
import { type LoadOptions, MAX_CALLS } from "./options.ts";
import { rampUp } from "./ramp-up.ts";
import { loadFindings, rampFinding } from "./report/findings.ts";
import { type LoadReport, loadJson } from "./report/load-report.ts";
import { loadText } from "./report/terminal.ts";
import { FrameRegistry } from "./wire/frame-registry.ts";
import { readProcess } from "./wire/process-usage.ts";
import { type RunCallsIo, runCalls } from "./wire/run-calls.ts";

/** What a run reaches the outside world by. */
export interface LoadIo {
  readonly platform: Pick<Platform, "listen" | "dial">;
  /** With fractions of a millisecond. */
  readonly clock: Clock;
  /** Cryptographically random bytes. */
  random(count: number): Uint8Array;
  /** Writes the result to stdout. */
  print(text: string): void;
  /** Writes anything else to stderr. */
  log(text: string): void;
  readonly openFile: OpenFile;
  readonly colors: boolean;
  /** Stderr is a terminal: the line of progress is written over. */
  readonly showsProgress: boolean;
  isThisMachine(url: string): Promise<boolean>;
  /** Asks on the terminal. Undefined: there is no terminal to ask on. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
  /** Resolves at Ctrl-C. */
  readonly interrupted: Promise<void>;
  /** How many files this process may have open. Undefined: unknown. */
  readonly openFileLimit: number | undefined;
}

/** Files that are open besides the calls'. */
const OTHER_FILES = 64;

/** Rejects with a {@link UsageError}, before anything is dialled, when the run cannot be done. */
export async function runLoad(options: LoadOptions, io: LoadIo): Promise<ExitCode> {
  const writeJunit = options.junit === undefined ? undefined : await io.openFile(options.junit, "public");
  checkFiles(options, io);
  if (options.pid !== undefined) readProcess(options.pid);
  const mayLeave = await mayLeaveMachine(options, io);
  const report = await measure(options, mayLeave, io);
  io.print(options.json ? loadJson(report) : loadText(report, io.colors));
  await writeJunit?.(junitReport(report, { strict: false }));
  return report.exitCode;
}

/** Each call has a socket, and another one with --model-port. */
function checkFiles({ calls, modelPort }: LoadOptions, { openFileLimit }: LoadIo): void {
  const needed = calls * (modelPort === undefined ? 1 : 2) + OTHER_FILES;
  if (openFileLimit === undefined || needed <= openFileLimit) return;
  throw new UsageError(`--calls ${calls} needs ${needed} open files, and the limit is ${openFileLimit}`, `ulimit -n ${needed}`);
}

/** Whether other machines may be called. Rejects with a {@link UsageError} when they may not, and the target is one. */
async function mayLeaveMachine({ target, yes, calls, seconds }: LoadOptions, io: LoadIo): Promise<boolean> {
  if (yes) return true;
  if (await io.isThisMachine(target)) return false;
  const { host } = new URL(target);
  if (io.confirm === undefined) {
    throw new UsageError(`${host} is not this machine, and calls may cost money`, "--yes places the calls without asking");
  }
  if (await io.confirm(`${host} is not this machine. Place ${calls} calls of ${seconds} s? They may cost money. [y/N] `)) return true;
  throw new UsageError("no calls were placed", "--yes places the calls without asking");
}

async function measure(options: LoadOptions, mayLeave: boolean, io: LoadIo): Promise<LoadReport> {
  const registry = new FrameRegistry();
  const startedMs = io.clock.nowMs();
  const model = options.modelPort === undefined ? undefined : await startModel(options.modelPort, registry, io);
  const refuse = async (url: string): Promise<string | undefined> =>
    mayLeave || (await io.isThisMachine(url)) ? undefined : `${new URL(url).host} is not this machine: --yes allows calls to it`;
  const seed = Array.from(io.random(16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const { clock, platform, interrupted } = io;
  const run: RunCallsIo = {
    clock,
    dial: platform.dial,
    registry,
    model,
    seed,
    refuse,
    readUsage: readProcess,
    progress: (text) => {
      if (io.showsProgress) io.log(`\r\u001b[Kvoice: ${text}`);
    },
    interrupted,
  };
  try {
    const target = withoutCredentials(options.target);
    io.log(`voice: placing ${options.ramp ? "more and more" : options.calls} calls of ${options.seconds} s to ${target}\n`);
    const outcome = options.ramp ? await runRamp(options, run) : await runOnce(options, run);
    if (io.showsProgress) io.log("\r\u001b[K");
    const findings = [...outcome.findings, ...(model === undefined ? [] : [modelFinding(model.connections)])];
    return {
      tool: "load",
      version,
      runtime: runtimeVersion,
      startedAt: new Date(startedMs).toISOString(),
      durationMs: Math.round(clock.nowMs() - startedMs),
      exitCode: exitCodeOf(findings),
      findings,
      target,
      result: outcome.result,
      steps: outcome.steps,
    };
  } finally {
    await model?.stop();
  }
}

interface Outcome {
  readonly result: LoadResult;
  readonly findings: readonly Finding[];
  readonly steps: readonly RampStep[] | undefined;
}

async function runOnce(options: LoadOptions, run: RunCallsIo): Promise<Outcome> {
  const result = await runCalls({ calls: options.calls, firstNumber: 0, together: false }, options, run);
  return { result, findings: loadFindings(result, options.failOn), steps: undefined };
}

async function runRamp(options: LoadOptions, run: RunCallsIo): Promise<Outcome> {
  const place = (calls: number, firstNumber: number): Promise<LoadResult> => runCalls({ calls, firstNumber, together: true }, options, run);
  const { steps, shown } = await rampUp({ first: options.calls, most: MAX_CALLS, thresholds: options.failOn }, place, run.interrupted);
  const result = shown ?? new Measurements().result({ calls: 0, peak: 0, target: undefined, meterShare: 0 });
  return { result, findings: [rampFinding(steps, result)], steps };
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1");
}

async function startModel(port: number, registry: FrameRegistry, io: LoadIo) {
  const { platform, clock } = io;
  try {
    const model = startModelServer({ platform, clock, registry, hostname: "127.0.0.1", port, measurements: new Measurements() });
    io.log(
      `voice: playing the model at ws://127.0.0.1:${model.port}/v1: start the server with OPENAI_BASE_URL=http://127.0.0.1:${model.port}/v1\n`,
    );
    return model;
  } catch (error) {
    throw new UsageError(`cannot listen on port ${port}: ${error instanceof Error ? error.message : String(error)}`, "try --model-port 0");
  }
}

function modelFinding(connections: number): Finding {
  return {
    id: "model.dialled",
    stage: "model",
    level: connections > 0 ? "ok" : "error",
    requirement: "The server dials the model that --model-port plays.",
    expected: "a connection for each call",
    actual: `${connections} connections`,
    source: "docs/load.md",
    ...(connections > 0 ? {} : { fix: { text: "start the server with the base URL of its model set to http://127.0.0.1:PORT/v1" } }),
  };
}
