// One run of `voice doctor`: probe a server (probe/), judge the evidence (checks/), name the cause (causes/), report it
// (report/). The arguments are read in commands/doctor.ts.

import { runtimeVersion } from "#platform";
import type { Clock } from "../call/ports.ts";
import { UsageError } from "../config/usage-error.ts";
import { version } from "../version.ts";
import { deduce, exitCodeOf } from "./causes/deduce.ts";
import { judgeAll } from "./checks/checks.ts";
import type { DoctorCall, Evidence } from "./evidence/evidence.ts";
import type { DoctorOptions, DoctorWorld } from "./options.ts";
import { collectEvidence } from "./probe/collect-evidence.ts";
import { lookUpNumber } from "./probe/look-up-number.ts";
import { doctorJson, doctorJunit, doctorWav } from "./report/machine.ts";
import { type DoctorReport, doctorText } from "./report/terminal.ts";
import { Trace } from "./trace.ts";

/** What a run reaches the outside world by. */
export interface DoctorIo {
  readonly clock: Clock;
  /** Cryptographically random bytes. */
  random(count: number): Uint8Array;
  /** Writes the result to stdout. */
  print(text: string): void;
  /** Writes anything else to stderr. */
  log(text: string): void;
  write(path: string, bytes: string | Uint8Array): Promise<void>;
  readonly colors: boolean;
  /** Stderr is a terminal. */
  readonly showsProgress: boolean;
  /** Replaces the origin of Twilio's REST API; only tests set it. */
  readonly twilioUrl?: string;
}

/**
 * Resolves with the exit code: 0 no errors, 1 errors, 3 not reached or not let in. Throws a {@link UsageError} when a
 * file cannot be written.
 */
export async function runDoctor(options: DoctorOptions, io: DoctorIo): Promise<number> {
  const trace = new Trace();
  const { report, evidence } = await diagnose(options, trace, io);
  io.print(options.json ? doctorJson(report) : doctorText(report, io.colors));
  if (options.junit !== undefined) await writeFile(io, options.junit, doctorJunit(report));
  if (options.wav !== undefined) await writeWav(io, options.wav, evidence?.calls[0]);
  if (options.trace !== undefined) await writeFile(io, options.trace, trace.text());
  return exitCodeOf(report.findings, report.conclusion, evidence?.target.kind ?? "webhook", options.strict);
}

interface Diagnosis {
  readonly report: DoctorReport;
  /** Undefined: no call was made, because the number leads to no webhook. */
  readonly evidence: Evidence | undefined;
}

async function diagnose(options: DoctorOptions, trace: Trace, io: DoctorIo): Promise<Diagnosis> {
  const startedMs = io.clock.nowMs();
  const number = options.target.startsWith("+") ? await lookUpNumber(options, io) : undefined;
  const called = number?.webhook === undefined ? options : { ...options, ...number.webhook };
  const hasUrl = number === undefined || number.webhook !== undefined;
  const evidence = hasUrl ? await callServer(called, trace, io) : undefined;
  const judged = evidence === undefined ? [] : judgeAll(options.checks, evidence);
  const findings = [...(number?.findings ?? []), ...judged];
  const report = {
    version,
    runtime: runtimeVersion,
    target: withoutCredentials(called.target),
    ms: io.clock.nowMs() - startedMs,
    strict: options.strict,
    conclusion: deduce(findings),
    findings,
  };
  return { report, evidence };
}

function callServer(options: DoctorOptions, trace: Trace, io: DoctorIo): Promise<Evidence> {
  const target = withoutCredentials(options.target);
  io.log(`voice: calling ${target} as Twilio does. This is a real call: it may cost money and trigger actions.\n`);
  const world: DoctorWorld = {
    clock: io.clock,
    random: io.random,
    trust: options.trust,
    progress: (text) => {
      if (io.showsProgress) io.log(`voice: ${text}\n`);
    },
    trace: (entry) => {
      if (options.trace !== undefined) trace.add(entry);
    },
  };
  return collectEvidence(options, world);
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1");
}

async function writeWav(io: DoctorIo, path: string, call: DoctorCall | undefined): Promise<void> {
  const wav = call === undefined ? undefined : doctorWav(call);
  if (wav === undefined) io.log(`voice: ${path} was not written: there was no stream\n`);
  else await writeFile(io, path, wav);
}

async function writeFile(io: DoctorIo, path: string, bytes: string | Uint8Array): Promise<void> {
  try {
    await io.write(path, bytes);
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${(error as Error).message}`, "choose a file in an existing folder");
  }
}
