// The command line: arguments -> what to do. Loaded only when there are arguments. Not the doing (the other files
// here), not the checking of values (config/config.ts).

import { Command, CommanderError, Option } from "commander";
import { runtimeVersion } from "#platform";
import { configKeys } from "../config/config.ts";
import { UsageError } from "../config/usage-error.ts";
import { gitSha, version } from "../version.ts";

/** What was asked for. `flags` are keyed by the setting they stand for, as config/config.ts takes them. */
export type Task =
  | { readonly type: "serve"; readonly flags: Readonly<Record<string, string>> }
  /** `args` are selftest's own to read. */
  | { readonly type: "selftest"; readonly args: readonly string[] }
  /** `args` are the doctor's own to read. */
  | { readonly type: "doctor"; readonly args: readonly string[] }
  /** `flags` are those before the command; `args` are the check's own to read. */
  | { readonly type: "check"; readonly flags: Readonly<Record<string, string>>; readonly args: readonly string[] }
  | { readonly type: "service"; readonly install: boolean }
  /** Help or version: already told. */
  | { readonly type: "told" };

const examples = `
Examples:
  voice                          serve, by default on 0.0.0.0:8080
  voice --env-file voice.env     serve, with the settings of that file
  voice check                    try the keys, the models, the public address and the number, and say what to fix
  voice doctor https://host/path call that server's voice webhook as Twilio would, and say what its callers hear
  voice selftest                 dial this program as Twilio does, and check every step of a call
  voice service install          run it under systemd

Every flag has a setting behind it, and these have no flag:
`;

/** Words for help: the settings that only the environment has. */
function environmentHelp(): string {
  return configKeys
    .filter(({ flag }) => flag === undefined)
    .map(({ key, what }) => `  ${key.padEnd(30)} ${what}`)
    .join("\n");
}

export function settingOptions(): { readonly key: string; readonly option: Option }[] {
  return configKeys.flatMap(({ key, flag, default: fallback, what }) => {
    if (flag === undefined) return [];
    const suffix = fallback === "" || fallback === "0" ? "" : ` (default: ${fallback})`;
    return [{ key, option: new Option(flag, `${what} [${key}]${suffix}`) }];
  });
}

/** Flags given, by the setting that each stands for; one without a value is "1". */
export function readFlags(program: Command, options: ReturnType<typeof settingOptions>): Record<string, string> {
  const given: Readonly<Record<string, string | true | undefined>> = program.opts();
  const flags = options.map(({ key, option }) => [key, given[option.attributeName()]] as const);
  return Object.fromEntries(flags.flatMap(([key, value]) => (value === undefined ? [] : [[key, value === true ? "1" : value]])));
}

/** Commander's "error: unknown option '--prot'\n(Did you mean --port?)" as an error and a hint of ours. */
export function usageError({ message }: CommanderError, hint = "voice --help tells what there is"): UsageError {
  const [first = "", ...rest] = message.trim().split("\n");
  return new UsageError(first.replace(/^error: /, ""), rest.join(" ").replace(/^\((.*)\)$/, "$1") || hint);
}

/**
 * Reads the arguments after the program's name; tells help and version itself, on stdout. Throws a {@link UsageError}
 * on arguments that make no sense.
 */
export function readCommandLine(args: readonly string[]): Task {
  if (args.includes("--selftest")) return { type: "selftest", args: args.filter((arg) => arg !== "--selftest") };
  let task: Task = { type: "told" };
  const program = new Command("voice")
    .description("Answers a telephone number with an AI, and can say why a call failed.")
    .version(`voice ${version} (${gitSha}), ${runtimeVersion}`, "-V, --version", "tell the version")
    .usage("[options] [command]")
    .helpOption("-h, --help", "tell this")
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // main.ts says it
    .addHelpText("after", () => examples + environmentHelp());
  const options = settingOptions();
  for (const { option } of options) program.addOption(option);
  program.argument("[command]").action((command: string | undefined) => {
    if (command !== undefined) throw new UsageError(`unknown command "${command}"`, "voice --help tells what there is");
    task = { type: "serve", flags: readFlags(program, options) };
  });
  program
    .command("selftest")
    .description("dial this program as Twilio does, and check every step of a call (also: voice --selftest)")
    .helpOption(false) // it is selftest's own to read
    .passThroughOptions()
    .allowUnknownOption()
    .argument("[args...]")
    .action((rest: readonly string[]) => {
      task = { type: "selftest", args: rest };
    });
  program
    .command("doctor")
    .description("call any Twilio voice server as Twilio would, and say what its callers hear, and why")
    .helpOption(false) // it is the doctor's own to read
    .passThroughOptions()
    .allowUnknownOption()
    .argument("[args...]")
    .action((rest: readonly string[]) => {
      task = { type: "doctor", args: rest };
    });
  program
    .command("check")
    .description("test the keys, the models, the public address and the number, and say what to fix")
    .helpOption(false) // it is the check's own to read
    .passThroughOptions()
    .allowUnknownOption()
    .argument("[args...]")
    .action((rest: readonly string[]) => {
      task = { type: "check", flags: readFlags(program, options), args: rest };
    });
  program
    .command("service")
    .description("print a systemd unit; with install, write, enable and start it")
    .argument("[install]")
    .action((install: string | undefined) => {
      if (install !== undefined && install !== "install") throw new UsageError(`unknown argument "${install}"`, "voice service install");
      task = { type: "service", install: install === "install" };
    });
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error);
  }
  return task;
}
