// `voice selftest` (also `voice --selftest`): dials this very program as Twilio does, and tells what it found. What is found: selftest/run.ts.

import { writeFile } from "node:fs/promises";
import process from "node:process";
import { Command, CommanderError } from "commander";
import * as realPlatform from "#platform";
import { UsageError } from "../config/usage-error.ts";
import type { Platform } from "../platform/seam.ts";
import { version } from "../version.ts";
import { type CheckResult, plannedChecks } from "./plan.ts";
import { jsonReport, junitReport, textReport, wavReport } from "./report.ts";
import { runSelftest } from "./run.ts";

/** What the arguments say. */
export interface SelftestArgs {
  readonly json: boolean;
  /** File for JUnit XML. */
  readonly junit: string | undefined;
  /** File for one call as WAV, stereo. */
  readonly wav: string | undefined;
}

/** Where it tells, and on which runtime it runs. */
export interface SelftestIo {
  readonly platform: Platform;
  /** Writes the result, to stdout. */
  tell(text: string): void;
  write(path: string, bytes: string | Uint8Array): Promise<void>;
  readonly colors: boolean;
}

const world: SelftestIo = {
  platform: realPlatform,
  tell: (text) => void process.stdout.write(text),
  write: writeFile,
  colors: process.stdout.isTTY === true && process.stdout.hasColors(), // false with NO_COLOR, https://no-color.org
};

/** Reads the arguments; undefined when only help was asked for, which is told then. Throws a {@link UsageError} on what it does not know. */
export function readSelftestArgs(args: readonly string[], tell: (text: string) => void): SelftestArgs | undefined {
  const command = new Command("voice selftest")
    .description(
      "Starts this program on a free port of this machine, with a scripted model behind it, dials it as Twilio does, and checks each step of a call.",
    )
    .option("--json", "the result as JSON")
    .option("--junit <file>", "the result as JUnit XML into a file as well")
    .option("--wav <file>", "one call's sound into a file: left the caller, right what the caller heard")
    .exitOverride()
    .configureOutput({ writeOut: tell, outputError: () => {} }) // main.ts says it
    .addHelpText("after", `\nChecks:\n${plannedChecks.map(({ id }) => `  ${id}`).join("\n")}`);
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new UsageError(error.message.replace(/^error: /, ""), "voice selftest --help tells what there is");
  }
  const { json = false, junit, wav } = command.opts<{ json?: boolean; junit?: string; wav?: string }>();
  return { json, junit, wav };
}

/** Runs the selftest. Resolves with the exit code: 0 when every check passed, else 1. */
export async function selftest(args: readonly string[], io: SelftestIo = world): Promise<number> {
  const wanted = readSelftestArgs(args, io.tell);
  if (wanted === undefined) return 0;
  const { checks, ms, conversation } = await runSelftest(io.platform);
  const reported = { version, runtime: io.platform.runtimeVersion, ms, checks };
  io.tell(wanted.json ? jsonReport(reported) : textReport(reported, io.colors));
  if (wanted.junit !== undefined) await writeOrExplain(io, wanted.junit, junitReport(reported));
  const sound = conversation === undefined ? undefined : wavReport(conversation);
  if (wanted.wav !== undefined && sound !== undefined) await writeOrExplain(io, wanted.wav, sound);
  return checks.every(({ ok }: CheckResult) => ok) ? 0 : 1;
}

async function writeOrExplain(io: SelftestIo, path: string, bytes: string | Uint8Array): Promise<void> {
  try {
    await io.write(path, bytes);
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${(error as Error).message}`, "name a file in a folder that is there");
  }
}
