// `voice doctor URL`: reads the arguments, the environment and the files they name. What a run does with them:
// doctor/doctor.ts.

import { randomBytes } from "node:crypto";
import { Command, Option } from "commander";
import { realClock } from "../adapters/clock.ts";
import { wavAsTelephone } from "../audio/any-wav.ts";
import { encodeMulaw } from "../audio/g711.ts";
import { type DoctorEnvironment, readDoctorEnvironment } from "../config/config.ts";
import { readSmallFile } from "../config/small-file.ts";
import { UsageError } from "../config/usage-error.ts";
import { DOCTOR_CHECKS } from "../doctor/checks/checks.ts";
import { type DoctorIo, runDoctor } from "../doctor/doctor.ts";
import type { DoctorCheck } from "../doctor/evidence/evidence.ts";
import type { DoctorOptions } from "../doctor/options.ts";
import { callersSpeech } from "../doctor/probe/callers-speech.ts";
import { readTrust } from "../doctor/probe/read-trust.ts";
import { isPrivateHost } from "../protocol/http/public-address.ts";
import { parseCommand } from "./command-line.ts";
import { append, readParams, reportOptions, targetOptions, terminalIo } from "./target-options.ts";

/** What the command reads, besides what a run needs. */
export interface DoctorCommandIo extends DoctorIo {
  readonly environment: DoctorEnvironment;
  readonly read: typeof readSmallFile;
}

/** Limit of `--calls`: each call may cost money. */
const MAX_CALLS = 20;
/** Five minutes of stereo in studio quality. */
const MAX_SPEECH_BYTES = 67_108_864;

const examples = `
Examples:
  voice doctor https://example.com/twilio/voice                 the webhook and everything after it
  voice doctor wss://example.com/media                          the stream alone
  voice doctor +15551234567                                     the webhook of a number, and Twilio's latest alerts about it
  voice doctor https://example.com/twilio/voice --calls 5       five calls, the first two at the same time

This is a real call, with its costs and side effects. With TWILIO_AUTH_TOKEN or --auth-token, requests are signed as Twilio signs them.
Exit codes: 0 no errors, 1 errors, 2 wrong usage, 3 the server could not be reached or accepts only signed requests.
`;

const collect = (value: string, earlier: readonly string[] = []): readonly string[] => [
  ...earlier,
  ...value.split(",").map((one) => one.trim()),
];

function commandOptions(): readonly Option[] {
  return [
    ...targetOptions(),
    new Option("--list", "list the checks and exit"),
    new Option("--only <id>", "run only these checks, by id or stage: url.tls, handshake").argParser(collect),
    new Option("--skip <id>", "skip these checks").argParser(collect),
    new Option("--strict", "fail on warnings too"),
    new Option("--calls <n>", "number of calls; the first two run at the same time (default: 2 on this machine or network, else 1)"),
    new Option("--patient", "talk for a minute instead of 15 seconds"),
    new Option("--from <number>", "the caller's number, E.164"),
    new Option("--to <number>", "the called number, E.164"),
    new Option("--say <file>", "WAV file of what the caller says"),
    new Option("--param <k=v>", "extra parameter of the webhook request, or of start with a wss URL").argParser(append),
    new Option("--digits <keys>", "keys the caller presses at a <Gather>"),
    new Option("--also <host>", "also try the stream's path on this host").argParser(collect),
    new Option("--ca <file>", "trust these certificates (PEM) besides the system's"),
    new Option("--insecure", "accept any certificate, which Twilio does not"),
    new Option("--user-agent <text>", "send this User-Agent instead of Twilio's"),
    ...reportOptions(),
    new Option("--wav <file>", "write the first call's audio: caller left, what the caller hears right"),
    new Option("--trace <file>", "write every request, answer and frame as JSON lines, with signatures masked"),
  ];
}

type Given = Partial<Record<string, string | true | readonly string[]>>;

interface Parsed {
  readonly target: string | undefined;
  readonly given: Given;
}

/** Undefined: help was asked for and printed. Throws a {@link UsageError} on unknown options and extra arguments. */
function parse(args: readonly string[], print: (text: string) => void): Parsed | undefined {
  const command = new Command("voice doctor")
    .description("Calls any Twilio voice server as Twilio would, and reports what callers hear, why, and how to fix it.")
    .argument("[url]", "the voice webhook, a wss URL, or a number of the account (TWILIO_ACCOUNT_SID)")
    .addHelpText("after", () => examples);
  for (const option of commandOptions()) command.addOption(option);
  if (!parseCommand(command, args, print)) return undefined;
  return { target: command.args[0], given: command.opts<Given>() };
}

/** A number or a URL. A host without a scheme becomes an https URL, one on this machine or network an http URL. */
function readTarget(text: string | undefined): string {
  if (text === undefined) throw new UsageError("no URL was given", "voice doctor https://example.com/twilio/voice");
  if (/^\+[1-9]\d{6,14}$/.test(text)) return text;
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const isLocal = isPrivateHost(URL.parse(`http://${text}`)?.hostname ?? ".");
  const url = hasScheme ? text : `${isLocal ? "http" : "https"}://${text}`;
  const isUsable = URL.canParse(url) && /^(?:https?|wss?):$/.test(new URL(url).protocol);
  if (!isUsable)
    throw new UsageError(
      `"${text}" is not a valid http, https, ws or wss URL, nor a number`,
      "voice doctor https://example.com/twilio/voice",
    );
  return url;
}

/** The checks selected by id or stage. Throws a {@link UsageError} on a name that selects none. */
function selectChecks(only: readonly string[], skip: readonly string[]): readonly DoctorCheck[] {
  const fits = (name: string, { id, stage }: DoctorCheck): boolean => name === id || name === stage || id.startsWith(`${name}.`);
  const unknown = [...only, ...skip].find((name) => !DOCTOR_CHECKS.some((check) => fits(name, check)));
  if (unknown !== undefined) throw new UsageError(`there is no check "${unknown}"`, "voice doctor --list shows all checks");
  return DOCTOR_CHECKS.filter((check) => only.length === 0 || only.some((name) => fits(name, check))).filter(
    (check) => !skip.some((name) => fits(name, check)),
  );
}

function paramsOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  const { params, mistakes } = readParams(pairs);
  const [first] = mistakes;
  if (first !== undefined) throw new UsageError(first.problem, first.hint);
  return params;
}

function readCalls(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const calls = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (calls < 1 || calls > MAX_CALLS) throw new UsageError(`--calls ${text}: expected 1 to ${MAX_CALLS}`, "each call may cost money");
  return calls;
}

function readUserAgent(text: string | undefined): string | undefined {
  if (text !== undefined && !/^[\x20-\x7e]+$/.test(text))
    throw new UsageError("--user-agent: expected printable ASCII", "--user-agent voice-doctor");
  return text;
}

function readSpeech(path: string | undefined, read: DoctorCommandIo["read"]): Uint8Array {
  if (path === undefined) return callersSpeech();
  const file = read(path, MAX_SPEECH_BYTES);
  if (typeof file === "string") throw new UsageError(`${path} ${file}`, "--say takes a WAV file");
  const samples = wavAsTelephone(file.bytes);
  if ("bad" in samples)
    throw new UsageError(`${path}: ${samples.bad}`, "--say takes WAV: PCM, floating point, A-law or mu-law, at any sample rate");
  return encodeMulaw(samples);
}

/**
 * Reads the arguments. Undefined: help or the list of checks was asked for and printed. Throws a {@link UsageError} on
 * values that make no sense and on files that cannot be read.
 */
export async function readDoctorArgs(
  args: readonly string[],
  { environment, read, print }: Pick<DoctorCommandIo, "environment" | "read" | "print">,
): Promise<DoctorOptions | undefined> {
  const parsed = parse(args, print);
  if (parsed === undefined) return undefined;
  const { given } = parsed;
  const text = (name: string): string | undefined => (typeof given[name] === "string" ? given[name] : undefined);
  const list = (name: string): readonly string[] => (Array.isArray(given[name]) ? given[name] : []);
  const checks = selectChecks(list("only"), list("skip"));
  if (given["list"] === true) {
    print(listText(checks));
    return undefined;
  }
  const insecure = given["insecure"] === true;
  return Object.freeze({
    target: readTarget(parsed.target),
    checks,
    strict: given["strict"] === true,
    authToken: text("authToken") ?? environment.authToken,
    accountSid: environment.accountSid,
    method: given["method"] === "GET" ? "GET" : "POST",
    mayFallBackToGet: given["method"] === undefined,
    patient: given["patient"] === true,
    calls: readCalls(text("calls")),
    from: text("from"),
    to: text("to"),
    speech: readSpeech(text("say"), read),
    params: paramsOf(list("param")),
    digits: text("digits"),
    also: list("also"),
    trust: readTrust(text("ca"), insecure, environment),
    insecure,
    userAgent: readUserAgent(text("userAgent")),
    json: given["json"] === true,
    junit: text("junit"),
    wav: text("wav"),
    trace: text("trace"),
  });
}

function listText(checks: readonly DoctorCheck[]): string {
  const width = Math.max(...checks.map(({ id }) => id.length));
  return checks.map(({ id, level, requirement }) => `${id.padEnd(width)}  ${level.padEnd(7)}  ${requirement}\n`).join("");
}

function realIo(): DoctorCommandIo {
  return {
    clock: realClock(),
    random: randomBytes,
    environment: readDoctorEnvironment(),
    read: readSmallFile,
    ...terminalIo(),
  };
}

/**
 * Resolves with the exit code: 0 no errors, 1 errors, 3 not reached or not authenticated. Throws a {@link UsageError}
 * on wrong usage.
 */
export async function doctor(args: readonly string[], io: DoctorCommandIo = realIo()): Promise<number> {
  const options = await readDoctorArgs(args, io);
  return options === undefined ? 0 : runDoctor(options, io);
}
