// `voice load URL`: reads the arguments and the environment. What a run does with them: load/load.ts.

import { randomBytes } from "node:crypto";
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { Command, Option } from "commander";
import * as platform from "#platform";
import { preciseClock } from "../adapters/clock.ts";
import { readOpenFileLimit } from "../adapters/open-file-limit.ts";
import { type DoctorEnvironment, readDoctorEnvironment } from "../config/config.ts";
import { UsageError } from "../config/usage-error.ts";
import { type LoadIo, runLoad } from "../load/load.ts";
import { readThreshold, type Threshold } from "../load/measure/thresholds.ts";
import { type LoadOptions, MAX_CALLS, MAX_RATE, MAX_SECONDS, MAX_THRESHOLDS } from "../load/options.ts";
import { thisMachine } from "../load/wire/this-machine.ts";
import { parseCommand } from "./command-line.ts";
import { type ArgumentMistake, append, readParams, reportOptions, targetOptions, terminalIo } from "./target-options.ts";

const DEFAULT_CALLS = 10;
const DEFAULT_SECONDS = 20;
/** Without --rate, all calls arrive within a second, but no more than this. */
const DEFAULT_RATE = 50;

const examples = `
Examples:
  voice load http://127.0.0.1:8080/twilio/voice                 10 calls of 20 seconds
  voice load http://127.0.0.1:8080/twilio/voice --pid $(pidof voice)
                                                                and what they cost the server
  voice load URL --ramp                                         how many calls the server carries
  voice load URL --calls 100 --fail-on 'first_audio_p95>800ms' --fail-on 'lost>0.1%'
  voice load URL --model-port 9000                              plays the model too: start the server with
                                                                OPENAI_BASE_URL=http://127.0.0.1:9000/v1

--fail-on takes a duration with a statistic (webhook, handshake, first_audio, turn, frame, to_model, from_model, clear,
lag; min, avg, p50, p90, p95, p99, p999, max), a count or a percentage (failed, dropped, silent, unanswered, not_cleared,
lost, duplicated, reordered, crosstalk, bad), or with --pid cpu, memory and memory_per_call. See docs/load.md.
Exit codes: 0 good, 1 errors or a threshold, 2 wrong usage, 3 the server could not be reached.
`;

type Given = Partial<Record<string, string | true | readonly string[]>>;

function commandOptions(): readonly Option[] {
  return [
    new Option("--calls <n>", `number of calls; with --ramp, of the first step (default: ${DEFAULT_CALLS})`),
    new Option("--seconds <n>", `how long each call lasts (default: ${DEFAULT_SECONDS})`),
    new Option(
      "--rate <n>",
      `calls that arrive per second, whether or not earlier ones were answered (default: --calls, at most ${DEFAULT_RATE})`,
    ),
    new Option("--ramp", "place more and more calls, until some fail or are late, and report how many were carried"),
    new Option("--fail-on <condition>", "exit with 1 if it holds, such as 'first_audio_p95>800ms' or 'lost>0.1%'").argParser(append),
    new Option("--pid <id>", "measure the CPU time and the memory of this process: the server"),
    new Option("--model-port <port>", "play the model as well, on this port of 127.0.0.1"),
    ...targetOptions(),
    new Option("--param <k=v>", "extra parameter of the webhook request").argParser(append),
    new Option("--yes", "call other machines without asking"),
    ...reportOptions(),
  ];
}

/** Undefined: help was asked for and printed. */
function parse(
  args: readonly string[],
  print: (text: string) => void,
): { readonly target: string | undefined; readonly given: Given } | undefined {
  const command = new Command("voice load")
    .description("Places many calls at once to a Twilio voice server, as Twilio does, and measures what their callers would hear.")
    .argument("[url]", "the voice webhook")
    .addHelpText("after", () => examples);
  for (const option of commandOptions()) command.addOption(option);
  if (!parseCommand(command, args, print)) return undefined;
  return { target: command.args[0], given: command.opts<Given>() };
}

/** Collects mistakes, so that all are reported at once. */
type Mistakes = ArgumentMistake[];

function readNumber(name: string, text: string | undefined, range: readonly [number, number], mistakes: Mistakes): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const isWhole = name === "--rate" || name === "--seconds" || Number.isInteger(value);
  if (value >= range[0] && value <= range[1] && isWhole) return value;
  mistakes.push({
    problem: `${name} ${text}: expected ${range[0]} to ${range[1]}`,
    hint: `${name} ${range[0] === 0 ? range[1] : range[0] * 10}`,
  });
  return undefined;
}

const exampleUrl = "voice load http://127.0.0.1:8080/twilio/voice";

function readTarget(text: string | undefined, mistakes: Mistakes): string {
  if (text === undefined) {
    mistakes.push({ problem: "no URL was given", hint: exampleUrl });
    return "";
  }
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const url = URL.parse(hasScheme ? text : `http://${text}`);
  if (url !== null && /^https?:$/.test(url.protocol)) return hasScheme ? text : url.href;
  const hint = /^wss?:/i.test(text) ? "give the voice webhook: its TwiML leads to the stream" : exampleUrl;
  mistakes.push({ problem: `"${text}" is not a valid http or https URL`, hint });
  return "";
}

function readThresholds(texts: readonly string[], hasPid: boolean, mistakes: Mistakes): readonly Threshold[] {
  if (texts.length > MAX_THRESHOLDS)
    mistakes.push({ problem: `--fail-on: at most ${MAX_THRESHOLDS}, got ${texts.length}`, hint: "split the run" });
  return texts.slice(0, MAX_THRESHOLDS).flatMap((text) => {
    const threshold = readThreshold(text);
    if ("bad" in threshold) {
      mistakes.push({ problem: threshold.bad, hint: threshold.hint });
      return [];
    }
    if (threshold.measure.type === "usage" && !hasPid)
      mistakes.push({ problem: `--fail-on "${text}": needs --pid`, hint: "--pid $(pidof voice)" });
    return [threshold];
  });
}

/** Reads the arguments. Undefined: help was printed. Throws a {@link UsageError} with every mistake. */
export function readLoadArgs(
  args: readonly string[],
  environment: Pick<DoctorEnvironment, "authToken">,
  print: (text: string) => void,
): LoadOptions | undefined {
  const parsed = parse(args, print);
  if (parsed === undefined) return undefined;
  const { given } = parsed;
  const text = (name: string): string | undefined => (typeof given[name] === "string" ? given[name] : undefined);
  const list = (name: string): readonly string[] => (Array.isArray(given[name]) ? given[name] : []);
  const mistakes: Mistakes = [];
  const { params, mistakes: wrongParams } = readParams(list("param"));
  mistakes.push(...wrongParams);
  const calls = readNumber("--calls", text("calls"), [1, MAX_CALLS], mistakes) ?? DEFAULT_CALLS;
  const options: LoadOptions = {
    target: readTarget(parsed.target, mistakes),
    method: given["method"] === "GET" ? "GET" : "POST",
    authToken: text("authToken") ?? environment.authToken,
    params,
    calls,
    seconds: readNumber("--seconds", text("seconds"), [1, MAX_SECONDS], mistakes) ?? DEFAULT_SECONDS,
    rate:
      readNumber("--rate", text("rate"), [0.1, MAX_RATE], mistakes) ??
      (given["ramp"] === true ? DEFAULT_RATE : Math.min(calls, DEFAULT_RATE)),
    ramp: given["ramp"] === true,
    pid: readNumber("--pid", text("pid"), [1, 4_194_304], mistakes), // PID_MAX_LIMIT of Linux, proc_sys_kernel(5)
    modelPort: readNumber("--model-port", text("modelPort"), [0, 65_535], mistakes),
    failOn: readThresholds(list("failOn"), text("pid") !== undefined, mistakes),
    yes: given["yes"] === true,
    json: given["json"] === true,
    junit: text("junit"),
  };
  const [first] = mistakes;
  if (first === undefined) return Object.freeze(options);
  const rest = mistakes.slice(1).map(({ problem, hint }) => `\nvoice: error: ${problem}\nvoice: hint: ${hint}`);
  throw new UsageError(first.problem, `${first.hint}${rest.join("")}`);
}

async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test((await lines.question(question)).trim());
  } finally {
    lines.close();
  }
}

function realIo(): LoadIo {
  const clock = preciseClock();
  const hasTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    platform,
    clock,
    random: randomBytes,
    ...terminalIo(),
    isThisMachine: thisMachine(clock),
    confirm: hasTerminal ? confirm : undefined,
    interrupted: new Promise((resolve) => void platform.onSignal(() => resolve())),
    openFileLimit: readOpenFileLimit(),
  };
}

/** Resolves with the exit code: 0 good, 1 errors, 3 not reached. Rejects with a {@link UsageError} on wrong usage. */
export async function loadCommand(args: readonly string[]): Promise<number> {
  const options = readLoadArgs(args, readDoctorEnvironment(), (text) => void process.stdout.write(text));
  return options === undefined ? 0 : runLoad(options, realIo());
}
