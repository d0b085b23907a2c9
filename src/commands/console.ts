// `voice console`: prints a link that logs a browser in to the console of the server on this machine, once.

import { join } from "node:path";
import process from "node:process";
import { Command } from "commander";
import { realClock } from "../adapters/clock.ts";
import { readOrMakeSecret } from "../adapters/secret-file.ts";
import type { Config } from "../config/config.ts";
import { UsageError } from "../config/usage-error.ts";
import { CONSOLE_KEY_FILE, loginUrl, makeLoginToken } from "../server/console/login-link.ts";
import { localUrl } from "../server/local-url.ts";
import type { Flags } from "./check.ts";
import { parseCommand, readFlags, settingOptions } from "./command-line.ts";

/** Undefined when only help was asked for, which is printed then. Throws a {@link UsageError} on a wrong argument. */
export function readConsoleArgs(args: readonly string[], print: (text: string) => void): Flags | undefined {
  const command = new Command("voice console")
    .description("Prints a link that logs a browser in to the console, once. Give it the settings of the server.")
    .allowExcessArguments(false);
  const settings = settingOptions();
  for (const { option } of settings) command.addOption(option);
  return parseCommand(command, args, print) ? readFlags(command, settings) : undefined;
}

/** The link. Throws a {@link UsageError} when the server's key cannot be read. */
export function consoleLink({ stateFolder, consoleAccess, publicUrl, host, port }: Config, nowMs: number): string {
  if (consoleAccess === "off") throw new UsageError("the console is off (VOICE_CONSOLE=off)", "set VOICE_CONSOLE=local or public");
  if (stateFolder === undefined) throw new UsageError("there is no state folder, so the server keeps no key for links", "set VOICE_STATE");
  const origin = consoleAccess === "public" && publicUrl !== undefined ? publicUrl : localUrl(host, port);
  return loginUrl(origin, makeLoginToken(keyIn(stateFolder), nowMs));
}

function keyIn(stateFolder: string): Uint8Array {
  const path = join(stateFolder, CONSOLE_KEY_FILE);
  try {
    return readOrMakeSecret(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`, "run this as the user of the server, with its --state");
  }
}

/** `configure` reads the configuration with these flags; undefined when it has errors, which it has printed. */
export async function consoleCommand(
  args: readonly string[],
  flags: Flags,
  configure: (flags: Flags) => Promise<Config | undefined>,
): Promise<number> {
  const own = readConsoleArgs(args, (text) => void process.stdout.write(text));
  if (own === undefined) return 0;
  const config = await configure({ ...flags, ...own });
  if (config === undefined) return 2;
  process.stdout.write(`${consoleLink(config, realClock().nowMs())}\n`);
  return 0;
}
