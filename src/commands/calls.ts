// `voice calls`: its arguments. What it does: past-calls/past-calls.ts.

import process from "node:process";
import { Command, Option } from "commander";
import { realClock } from "../adapters/clock.ts";
import { MAX_PAGE } from "../adapters/store/read-calls.ts";
import type { Config } from "../config/config.ts";
import { UsageError } from "../config/usage-error.ts";
import { type PastCallsOptions, pastCalls } from "../past-calls/past-calls.ts";
import type { Flags } from "./check.ts";
import { parseCommand, readFlags, settingOptions } from "./command-line.ts";

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

interface Given {
  readonly since?: string;
  readonly until?: string;
  readonly agent?: string;
  readonly end?: string;
  readonly number?: string;
  readonly text?: string;
  readonly limit: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly erase?: string;
  readonly yes?: boolean;
  readonly sendAgain?: boolean;
}

/** Undefined when only help was asked for, which is printed then. Throws a {@link UsageError} on a wrong argument. */
export function readCallsArgs(
  args: readonly string[],
  nowMs: number,
  print: (text: string) => void,
): { readonly flags: Flags; readonly options: PastCallsOptions } | undefined {
  const command = new Command("voice calls")
    .description("Shows past calls, the newest first; with a CallSid, everything about that call.")
    .argument("[CallSid]")
    .option("--since <time>", "calls from then on: 30m, 12h, 7d, 2w, or 2026-11-27T08:00Z")
    .option("--until <time>", "calls before then")
    .option("--agent <name>", "calls that this agent answered")
    .option("--end <word>", "calls that ended so: caller, agent, model, hangup, modelRefused, ...")
    .option("--number <number>", "calls from or to this number")
    .option("--text <words>", "calls in which these words were said")
    .option("--limit <count>", `at most so many, up to ${MAX_PAGE}`, "50")
    .option("--json", "print a line of JSON for each call, with numbers in full")
    .addOption(new Option("--csv", "print CSV, with numbers in full").conflicts("json"))
    .option("--send-again", "deliver what happened on this call once more ([after_call] in voice.toml)")
    .option("--erase <number>", "erase every call from and to this number, with all that was said")
    .option("--yes", "erase without asking")
    .allowExcessArguments(false);
  const settings = settingOptions().filter(({ key }) => key === "VOICE_STATE");
  for (const { option } of settings) command.addOption(option);
  if (!parseCommand(command, args, print)) return undefined;
  const given = command.opts<Given>();
  if (given.erase !== undefined && given.yes !== true)
    throw new UsageError("--erase cannot be undone", `to go on: voice calls --erase ${given.erase} --yes`);
  const [callSid] = command.args;
  if (given.sendAgain === true && callSid === undefined)
    throw new UsageError("--send-again: of which call?", "voice calls CallSid --send-again");
  const format = given.json ? "json" : given.csv ? "csv" : "text";
  return {
    flags: readFlags(command, settings),
    options: { callSid, format, sendAgain: given.sendAgain === true, erase: given.erase, query: queryOf(given, nowMs) },
  };
}

function queryOf({ since, until, agent, end, number, text, limit }: Given, nowMs: number): PastCallsOptions["query"] {
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > MAX_PAGE)
    throw new UsageError(`--limit: expected 1 to ${MAX_PAGE}, got "${limit}"`, "try --limit 100");
  return {
    limit: count,
    ...(since === undefined ? {} : { sinceMs: timeOf("--since", since, nowMs) }),
    ...(until === undefined ? {} : { untilMs: timeOf("--until", until, nowMs) }),
    ...(agent === undefined ? {} : { agent }),
    ...(end === undefined ? {} : { end }),
    ...(number === undefined ? {} : { number }),
    ...(text === undefined ? {} : { text }),
  };
}

/** "7d": so long ago. Otherwise a date, with or without a time. */
function timeOf(flag: string, text: string, nowMs: number): number {
  const [, count, unit = ""] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  if (count !== undefined) return nowMs - Number(count) * (unitsMs[unit] ?? 0);
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || !/^\d{4}-/.test(text))
    throw new UsageError(`${flag}: expected a time, got "${text}"`, `try ${flag} 7d, or ${flag} 2026-11-27`);
  return ms;
}

/** `configure` reads the configuration with these flags; undefined when it has errors, which it has printed. */
export async function callsCommand(
  args: readonly string[],
  flags: Flags,
  configure: (flags: Flags) => Promise<Config | undefined>,
): Promise<number> {
  const print = (text: string): void => void process.stdout.write(text);
  const { nowMs } = realClock();
  const read = readCallsArgs(args, nowMs(), print);
  if (read === undefined) return 0;
  const config = await configure({ ...flags, ...read.flags });
  if (config === undefined) return 2;
  return pastCalls(config.stateFolder, read.options, { print, nowMs, colors: config.colors && process.stdout.isTTY === true });
}
