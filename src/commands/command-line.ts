// The command line: arguments to a task. Loaded only when there are arguments. Options of selftest, doctor, check and
// load are read by their commands; values are checked by config/config.ts.

import { Command, CommanderError, Option } from "commander";
import { runtimeVersion } from "#platform";
import { configKeys } from "../config/config.ts";
import { synonymOf } from "../config/misspelt.ts";
import { UsageError } from "../config/usage-error.ts";
import { distance, nearest } from "../config/values.ts";
import { gitSha, version } from "../version.ts";

/** `flags` are keyed by their setting, as config/config.ts takes them. `args` are read by the command itself. */
export type Task =
  | { readonly type: "serve"; readonly flags: Readonly<Record<string, string>> }
  | { readonly type: "selftest"; readonly args: readonly string[] }
  | { readonly type: "doctor"; readonly args: readonly string[] }
  | { readonly type: "load"; readonly args: readonly string[] }
  /** `flags` are those before the word "check". */
  | { readonly type: "check"; readonly flags: Readonly<Record<string, string>>; readonly args: readonly string[] }
  /** `flags` are those before the word "calls". */
  | { readonly type: "calls"; readonly flags: Readonly<Record<string, string>>; readonly args: readonly string[] }
  /** `flags` are those before the word "why". */
  | { readonly type: "why"; readonly flags: Readonly<Record<string, string>>; readonly args: readonly string[] }
  /** `flags` are those before the word "console". */
  | { readonly type: "console"; readonly flags: Readonly<Record<string, string>>; readonly args: readonly string[] }
  | { readonly type: "service"; readonly install: boolean }
  | { readonly type: "init"; readonly args: readonly string[] }
  | { readonly type: "schema" }
  /** Help or version was printed. */
  | { readonly type: "printed" };

const RUN_HELP = "run voice --help";

const examples = `
Examples:
  voice                          serve, by default on 0.0.0.0:8080
  voice --env-file voice.env     serve, with the settings in that file
  voice init                     write voice.toml: who answers which number, with which words
  voice check                    test the keys, the models, the public address and the number
  voice doctor https://host/path call that server's voice webhook as Twilio would, and report what callers hear
  voice load http://host/path    place many calls to that server, and measure what their callers hear
  voice calls --since 1d         show the calls of the last day; with a CallSid, all about that one
  voice why CA0123...            why that call went as it did, and what to do
  voice selftest                 call this program as Twilio does, and check every step of a call
  voice service install          run it under systemd

Every flag has a setting. These settings have no flag:
`;

/** The settings without a flag, for the help. */
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

/** The given flags by setting. A flag without a value is "1". */
export function readFlags(program: Command, options: ReturnType<typeof settingOptions>): Record<string, string> {
  const given: Readonly<Record<string, string | true | undefined>> = program.opts();
  const flags = options.map(({ key, option }) => [key, given[option.attributeName()]] as const);
  return Object.fromEntries(flags.flatMap(([key, value]) => (value === undefined ? [] : [[key, value === true ? "1" : value]])));
}

/**
 * Reads a command's own arguments. False when only help was asked for, which is printed then. Throws a
 * {@link UsageError} on an unknown argument.
 */
export function parseCommand(command: Command, args: readonly string[], print: (text: string) => void): boolean {
  command.exitOverride().configureOutput({ writeOut: print, outputError: () => {} }); // main.ts prints the error
  try {
    command.parse(args, { from: "user" });
    return true;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return false;
    throw usageError(error, `run ${command.name()} --help`);
  }
}

/** Converts commander's "error: unknown option '--prot'\n(Did you mean --port?)" to an error and a hint. */
function usageError({ message }: CommanderError, hint = RUN_HELP): UsageError {
  const [first = "", ...rest] = message.trim().split("\n");
  const suggestion = rest.join(" ").replace(/^\((.*)\)$/, "$1");
  return new UsageError(first.replace(/^error: /, ""), settingHint(first) ?? (suggestion || hint));
}

/** The setting that an unknown option names: "--openai-api-key", "--prompt". Undefined when there is none. */
function settingHint(error: string): string | undefined {
  const option = /unknown option '--([\w-]+)/.exec(error)?.[1]?.replaceAll("-", "_");
  const key =
    option === undefined
      ? undefined
      : synonymOf(
          option,
          configKeys.map((one) => one.key),
        );
  const flag = configKeys.find((one) => one.key === key)?.flag;
  if (key === undefined) return undefined;
  return flag === undefined ? `set ${key} in the environment, or in the file of --env-file` : `did you mean ${flag}?`;
}

const commands = ["selftest", "doctor", "check", "load", "calls", "why", "console", "init", "schema", "service", "help", "version"];

function unknownCommand(command: string): UsageError {
  const error = `unknown command "${command}"`;
  if (/^https?:/i.test(command)) return new UsageError(error, `voice doctor ${command}`);
  if (["serve", "server", "start", "run", "listen"].includes(command.toLowerCase()))
    return new UsageError(error, "voice without a command serves");
  const close = nearest(command.toLowerCase(), commands);
  return new UsageError(error, distance(command.toLowerCase(), close) <= 2 ? `did you mean ${close}?` : RUN_HELP);
}

/** Commands that read their arguments themselves. */
const withOwnArguments = [
  ["selftest", "call this program as Twilio does, and check every step of a call (also: voice --selftest)"],
  ["doctor", "call any Twilio voice server as Twilio would, and report what its callers hear, and why"],
  ["load", "place many calls to any Twilio voice server, and measure what their callers would hear"],
  ["init", "write a voice.toml to begin with: who answers, and how"],
] as const;

/** The same, and the server's settings. */
const withSettings = [
  ["check", "test the keys, the models, the public address and the number, and report what to fix"],
  ["console", "print a link that opens the console in a browser"],
  ["why", "say why a call went as it did, and what to do"],
  ["calls", "show, search, export and erase past calls"],
] as const;

/** "help", "version" and "-V" are other words for options. */
function withoutSynonyms(args: readonly string[]): readonly string[] {
  const [first, second, ...rest] = args;
  if (first === "help") return second === undefined || !commands.includes(second) ? ["--help"] : [second, "--help", ...rest];
  return first === "version" || first === "-V" ? ["--version"] : args;
}

/**
 * Reads the arguments after the program's name. Prints help and version. Throws a {@link UsageError} on wrong
 * arguments.
 */
export function readCommandLine(args: readonly string[]): Task {
  if (args.includes("--selftest")) return { type: "selftest", args: args.filter((arg) => arg !== "--selftest") };
  let task: Task = { type: "printed" };
  const program = new Command("voice")
    .description("Answers a telephone number with an AI, and finds out why calls fail.")
    .version(`voice ${version} (${gitSha}), ${runtimeVersion}`, "-v, --version", "print the version")
    .usage("[options] [command]")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // main.ts prints the error
    .addHelpText("after", () => examples + environmentHelp());
  const options = settingOptions();
  for (const { option } of options) program.addOption(option);
  program.argument("[command]").action((command: string | undefined) => {
    if (command !== undefined) throw unknownCommand(command);
    task = { type: "serve", flags: readFlags(program, options) };
  });
  const passThrough = (name: string, description: string, taskOf: (args: readonly string[]) => Task): void => {
    program
      .command(name)
      .description(description)
      .helpOption(false) // the command has its own help
      .passThroughOptions()
      .allowUnknownOption()
      .argument("[args...]")
      .action((rest: readonly string[]) => {
        task = taskOf(rest);
      });
  };
  for (const [type, description] of withOwnArguments) passThrough(type, description, (args) => ({ type, args }));
  for (const [type, description] of withSettings)
    passThrough(type, description, (args) => ({ type, args, flags: readFlags(program, options) }));
  program
    .command("schema")
    .description("print the JSON Schema of voice.toml, for editors")
    .action(() => {
      task = { type: "schema" };
    });
  program
    .command("service")
    .description("print a systemd unit; with install: write, enable and start it")
    .argument("[install]")
    .action((install: string | undefined) => {
      if (install !== undefined && install !== "install") throw new UsageError(`unknown argument "${install}"`, "voice service install");
      task = { type: "service", install: install === "install" };
    });
  try {
    program.parse(withoutSynonyms(args), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error);
  }
  return task;
}
