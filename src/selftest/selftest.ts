// The selftest as a command runs it: files opened first, then the run (run.ts), then the report on stdout and in the
// files.

import process from "node:process";
import * as realPlatform from "#platform";
import { realClock } from "../adapters/clock.ts";
import type { Clock } from "../call/ports.ts";
import type { Platform } from "../platform/seam.ts";
import { type ExitCode, exitCodeOf, type Report } from "../report/finding.ts";
import { jsonReport } from "../report/json.ts";
import { junitReport } from "../report/junit.ts";
import { callWav } from "../report/wav.ts";
import { type OpenFile, openFile } from "../report/write-file.ts";
import { version } from "../version.ts";
import { type CallEvidence, heardByModel, listeningSession } from "./checks/evidence.ts";
import { runSelftest } from "./run.ts";
import { selftestText } from "./terminal.ts";

export interface SelftestOptions {
  readonly json: boolean;
  /** File for JUnit XML. */
  readonly junit: string | undefined;
  /** File for the audio of one call. */
  readonly wav: string | undefined;
}

export interface SelftestIo {
  readonly platform: Platform;
  /** Of every part: the server, the callers and the model. */
  readonly clock: Clock;
  /** Writes the result, to stdout. */
  print(text: string): void;
  /** Writes anything else, to stderr. */
  log(text: string): void;
  readonly openFile: OpenFile;
  readonly colors: boolean;
}

const realIo: SelftestIo = {
  platform: realPlatform,
  clock: realClock(),
  print: (text) => void process.stdout.write(text),
  log: (text) => void process.stderr.write(text),
  openFile,
  colors: process.stdout.isTTY === true && process.stdout.hasColors(), // false with NO_COLOR, https://no-color.org
};

/** Rejects with a UsageError, before anything is run, when a file cannot be written. */
export async function selftest({ json, junit, wav }: SelftestOptions, io: SelftestIo = realIo): Promise<ExitCode> {
  const writeJunit = junit === undefined ? undefined : await io.openFile(junit, "public");
  const writeWav = wav === undefined ? undefined : await io.openFile(wav, "private");
  const { findings, startedAtMs, durationMs, conversation } = await runSelftest(io.platform, io.clock);
  const report: Report = {
    tool: "selftest",
    version,
    runtime: io.platform.runtimeVersion,
    startedAt: new Date(startedAtMs).toISOString(),
    durationMs,
    exitCode: exitCodeOf(findings),
    findings,
  };
  io.print(json ? jsonReport(report) : selftestText(report, io.colors));
  await writeJunit?.(junitReport(report, { strict: false }));
  const audio = conversation === undefined ? undefined : audioOf(conversation);
  if (audio !== undefined) await writeWav?.(audio);
  else if (writeWav !== undefined) io.log(`voice: ${wav} was not written: the call had no stream\n`);
  return report.exitCode;
}

function audioOf({ call, sessions }: CallEvidence): Uint8Array | undefined {
  const session = listeningSession({ sessions });
  return callWav(call.streams[0], session === undefined ? new Uint8Array(0) : heardByModel(session));
}
