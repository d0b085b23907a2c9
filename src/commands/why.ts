// `voice why`: its arguments. What it does: past-calls/why.ts.

import process from "node:process";
import { Command } from "commander";
import { realClock } from "../adapters/clock.ts";
import type { Config } from "../config/config.ts";
import { UsageError } from "../config/usage-error.ts";
import { why } from "../past-calls/why.ts";
import { isSid } from "../protocol/sid.ts";
import type { Flags } from "./check.ts";
import { parseCommand, readFlags, settingOptions } from "./command-line.ts";

/** Undefined when only help was asked for, which is printed then. Throws a {@link UsageError} on a wrong argument. */
export function readWhyArgs(
  args: readonly string[],
  print: (text: string) => void,
): { readonly flags: Flags; readonly callSid: string } | undefined {
  const command = new Command("voice why")
    .description("Says why a call went as it did, by what voice stored and, with TWILIO_ACCOUNT_SID, by what Twilio knows, and what to do.")
    .argument("<CallSid>")
    .allowExcessArguments(false);
  const settings = settingOptions();
  for (const { option } of settings) command.addOption(option);
  if (!parseCommand(command, args, print)) return undefined;
  const [callSid = ""] = command.args;
  if (!isSid("CA", callSid)) throw new UsageError(`"${callSid}" is not a CallSid`, "voice calls lists them");
  return { flags: readFlags(command, settings), callSid };
}

/** `configure` reads the configuration with these flags; undefined when it has errors, which it has printed. */
export async function whyCommand(
  args: readonly string[],
  flags: Flags,
  configure: (flags: Flags) => Promise<Config | undefined>,
): Promise<number> {
  const print = (text: string): void => void process.stdout.write(text);
  const read = readWhyArgs(args, print);
  if (read === undefined) return 0;
  const config = await configure({ ...flags, ...read.flags });
  if (config === undefined) return 2;
  return why(read.callSid, config, { print, clock: realClock(), colors: config.colors && process.stdout.isTTY === true });
}
