// One run of `voice doctor`: probe a server (probe/), judge the evidence (checks/), name the cause (causes/), report it
// (report/). The arguments are read in commands/doctor.ts.

import { runtimeVersion } from "#platform";
import type { Clock } from "../call/ports.ts";
import type { ExitCode } from "../report/finding.ts";
import { jsonReport } from "../report/json.ts";
import { junitReport } from "../report/junit.ts";
import { callWav } from "../report/wav.ts";
import type { OpenFile, WriteFile } from "../report/write-file.ts";
import { version } from "../version.ts";
import { callerHears } from "./causes/caller-hears.ts";
import type { CauseCode } from "./causes/causes.ts";
import { deduce, doctorExitCode } from "./causes/deduce.ts";
import { judgeAll } from "./checks/checks.ts";
import type { DoctorCall, Evidence } from "./evidence/evidence.ts";
import type { DoctorOptions, DoctorWorld } from "./options.ts";
import { collectEvidence } from "./probe/collect-evidence.ts";
import { lookUpNumber } from "./probe/look-up-number.ts";
import { callerAudio } from "./report/caller-audio.ts";
import { doctorFields } from "./report/json.ts";
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
  readonly openFile: OpenFile;
  readonly colors: boolean;
  /** Stderr is a terminal. */
  readonly showsProgress: boolean;
  /** Replaces the origin of Twilio's REST API; only tests set it. */
  readonly twilioUrl?: string;
}

/** Rejects with a UsageError, before anything is called, when a file cannot be written. */
export async function runDoctor(options: DoctorOptions, io: DoctorIo): Promise<ExitCode> {
  const { junit, wav, trace: traceFile } = options;
  const writeJunit = junit === undefined ? undefined : await io.openFile(junit, "public");
  const writeWav = wav === undefined ? undefined : await io.openFile(wav, "private");
  const writeTrace = traceFile === undefined ? undefined : await io.openFile(traceFile, "private");
  const trace = new Trace();
  const { report, evidence } = await diagnose(options, trace, io);
  io.print(options.json ? jsonReport(report, doctorFields(report)) : doctorText(report, io.colors));
  await writeJunit?.(junitReport(report, options));
  if (writeWav !== undefined)
    await writeCall(writeWav, evidence?.calls[0], () => io.log(`voice: ${wav} was not written: there was no stream\n`));
  await writeTrace?.(trace.text());
  return report.exitCode;
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
  const hear = (cause: CauseCode): string | undefined => (evidence === undefined ? undefined : callerHears(evidence, cause));
  const conclusion = deduce(findings, evidence !== undefined && lacksStream(evidence, options), hear);
  const report: DoctorReport = {
    tool: "doctor",
    version,
    runtime: runtimeVersion,
    startedAt: new Date(startedMs).toISOString(),
    durationMs: io.clock.nowMs() - startedMs,
    exitCode: doctorExitCode(findings, conclusion, evidence?.target.kind ?? "webhook", options.strict),
    findings,
    target: withoutCredentials(called.target),
    conclusion,
  };
  return { report, evidence };
}

/** The checks of a stream were chosen, and the call opened none. */
function lacksStream({ calls: [first] }: Evidence, { checks }: DoctorOptions): boolean {
  const hasStream = first?.call.streams.some(({ openedAtMs }) => openedAtMs !== undefined) === true;
  return !hasStream && checks.some(({ stage }) => stage === "handshake");
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

async function writeCall(write: WriteFile, call: DoctorCall | undefined, onNone: () => void): Promise<void> {
  const wav = call === undefined ? undefined : callWav(call.call.streams[0], callerAudio(call.frames));
  if (wav === undefined) onNone();
  else await write(wav);
}
