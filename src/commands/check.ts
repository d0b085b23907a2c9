// `voice check`: its arguments, which are the server's flags and some of its own. What it does: check/check.ts.

import process from "node:process";
import { Command } from "commander";
import { type CheckOptions, check } from "../check/check.ts";
import type { Config } from "../config/config.ts";
import { parseCommand, readFlags, settingOptions } from "./command-line.ts";

export type Flags = Readonly<Record<string, string>>;

/** Undefined when only help was asked for, which is printed then. Throws a UsageError on an unknown argument. */
export function readCheckArgs(
  args: readonly string[],
  print: (text: string) => void,
): { readonly flags: Flags; readonly options: CheckOptions } | undefined {
  const command = new Command("voice check")
    .description("Tests the keys, the models, the public address and the number, and says what to fix.")
    .option("--json", "print the result as JSON (docs/reports.md)")
    .option("--junit <file>", "also write the result as JUnit XML")
    .option("--speak", "also have the model say one word, which costs a fraction of a cent")
    .allowExcessArguments(false);
  const settings = settingOptions();
  for (const { option } of settings) command.addOption(option);
  if (!parseCommand(command, args, print)) return undefined;
  const { json = false, junit, speak = false } = command.opts<{ json?: boolean; junit?: string; speak?: boolean }>();
  return { flags: readFlags(command, settings), options: { json, junit, speak } };
}

/** `configure` reads the configuration with these flags; undefined when it has errors, which it has printed. */
export async function checkCommand(
  args: readonly string[],
  flags: Flags,
  configure: (flags: Flags) => Promise<Config | undefined>,
): Promise<number> {
  const read = readCheckArgs(args, (text) => void process.stdout.write(text));
  if (read === undefined) return 0;
  const config = await configure({ ...flags, ...read.flags });
  return config === undefined ? 2 : check(config, read.options);
}
