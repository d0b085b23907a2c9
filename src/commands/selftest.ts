// `voice selftest`, also `voice --selftest`: its arguments. What it does: selftest/selftest.ts.

import process from "node:process";
import { Command } from "commander";
import { plannedChecks } from "../selftest/planned-checks.ts";
import { type SelftestOptions, selftest } from "../selftest/selftest.ts";
import { parseCommand } from "./command-line.ts";

/**
 * Undefined when only help was asked for, which is printed then. Throws a {@link UsageError} on an unknown argument.
 */
export function readSelftestArgs(args: readonly string[], print: (text: string) => void): SelftestOptions | undefined {
  const command = new Command("voice selftest")
    .description(
      "Starts this program on a free local port, with a scripted model behind it, calls it as Twilio does, and checks every step of a call. Needs no account and no network.",
    )
    .option("--json", "print the result as JSON (docs/reports.md)")
    .option("--junit <file>", "also write the result as JUnit XML")
    .option("--wav <file>", "write the audio of one call: left the caller, right what the caller heard")
    .allowExcessArguments(false)
    .addHelpText("after", `\nChecks:\n${plannedChecks.map(({ id }) => `  ${id}`).join("\n")}`);
  if (!parseCommand(command, args, print)) return undefined;
  const { json = false, junit, wav } = command.opts<{ json?: boolean; junit?: string; wav?: string }>();
  return { json, junit, wav };
}

/** Resolves with the exit code. */
export async function selftestCommand(args: readonly string[]): Promise<number> {
  const options = readSelftestArgs(args, (text) => void process.stdout.write(text));
  return options === undefined ? 0 : selftest(options);
}
