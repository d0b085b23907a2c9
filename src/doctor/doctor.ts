// `voice doctor URL`: calls somebody's server as Twilio would, and says what its callers hear, and why. What is tried: doctor/examine.ts; what it
// means: peers/checks/doctor-*.ts.

import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { runtimeVersion } from "#platform";
import { realClock } from "../adapters/clock.ts";
import { twilioRest } from "../adapters/twilio-rest.ts";
import { wavAsTelephone } from "../audio/any-wav.ts";
import { encodeMulaw } from "../audio/g711.ts";
import type { Clock } from "../call/ports.ts";
import { type DoctorEnvironment, readDoctorEnvironment } from "../config/config.ts";
import { UsageError } from "../config/usage-error.ts";
import { version } from "../version.ts";
import { type DoctorArgs, readDoctorArgs } from "./arguments.ts";
import { deduce, exitCodeOf } from "./causes/deduce.ts";
import { DOCTOR_CHECKS, judgeAll } from "./checks/checks.ts";
import type { DoctorCall, DoctorCheck, Finding } from "./evidence/evidence.ts";
import type { DoctorOptions, DoctorWorld } from "./options.ts";
import { examine } from "./probe/examine.ts";
import { type NumberFacts, readNumber } from "./probe/number.ts";
import { callersSpeech } from "./probe/speech.ts";
import { doctorTrust } from "./probe/trust.ts";
import { doctorJson, doctorJunit, doctorWav } from "./report/machine.ts";
import { type DoctorReport, doctorText } from "./report/terminal.ts";

/** Where it tells, and what it reaches the world by. */
export interface DoctorIo {
  readonly clock: Clock;
  random(count: number): Uint8Array;
  readonly environment: DoctorEnvironment;
  /** Writes the result, to stdout. */
  tell(text: string): void;
  /** Talks, to stderr. */
  talk(text: string): void;
  read(path: string): Promise<Uint8Array>;
  write(path: string, bytes: string | Uint8Array): Promise<void>;
  readonly colors: boolean;
  /** Whether somebody looks on while it runs. */
  readonly showsProgress: boolean;
  /** Another place for Twilio's API: tests have one of their own. */
  readonly twilioUrl?: string;
}

/** Bytes of a trace: a call of two minutes has some ten million. */
const MAX_TRACE_CHARS = 200_000_000;

function realIo(): DoctorIo {
  return {
    clock: realClock(),
    random: randomBytes,
    environment: readDoctorEnvironment(),
    tell: (text) => void process.stdout.write(text),
    talk: (text) => void process.stderr.write(text),
    read: readFile,
    write: writeFile,
    colors: process.stdout.isTTY === true && process.stdout.hasColors(), // false with NO_COLOR, https://no-color.org
    showsProgress: process.stderr.isTTY === true,
  };
}

/** The checks that are asked for, by id or by the leg's name before the dot. Throws a {@link UsageError} on one that is none. */
function chosenChecks({ only, skip }: Pick<DoctorArgs, "only" | "skip">): readonly DoctorCheck[] {
  const fits = (name: string, { id, stage }: DoctorCheck): boolean => name === id || name === stage || id.startsWith(`${name}.`);
  const stray = [...only, ...skip].find((name) => !DOCTOR_CHECKS.some((check) => fits(name, check)));
  if (stray !== undefined) throw new UsageError(`there is no check "${stray}"`, "voice doctor --list tells what there is");
  return DOCTOR_CHECKS.filter((check) => only.length === 0 || only.some((name) => fits(name, check))).filter(
    (check) => !skip.some((name) => fits(name, check)),
  );
}

function listText(checks: readonly DoctorCheck[]): string {
  const width = Math.max(...checks.map(({ id }) => id.length));
  return checks.map(({ id, level, requirement }) => `${id.padEnd(width)}  ${level.padEnd(7)}  ${requirement}\n`).join("");
}

async function readSay(path: string | undefined, io: DoctorIo): Promise<Uint8Array> {
  if (path === undefined) return callersSpeech();
  const bytes = await io.read(path).catch((error: Error) => {
    throw new UsageError(`cannot read ${path}: ${error.message}`, "--say names a WAV file");
  });
  const samples = wavAsTelephone(bytes);
  if ("bad" in samples)
    throw new UsageError(`${path}: ${samples.bad}`, "--say takes WAV: PCM, floating point, A-law or mu-law, of any rate");
  return encodeMulaw(samples);
}

function optionsOf(args: DoctorArgs, target: string, { environment }: DoctorIo): DoctorOptions {
  const { method, ca: _ca, say: _say, ...rest } = args;
  return {
    ...rest,
    target,
    method: method ?? "POST",
    mayTurnToGet: method === undefined,
    authToken: args.authToken ?? environment.authToken,
    accountSid: environment.accountSid,
  };
}

/** The number's webhook, by Twilio's API. Throws a {@link UsageError} without credentials. */
function lookUpNumber(
  phoneNumber: string,
  authToken: string | undefined,
  { clock, environment, twilioUrl }: DoctorIo,
): Promise<NumberFacts> {
  const { accountSid } = environment;
  if (accountSid === undefined || authToken === undefined) {
    throw new UsageError(
      `${phoneNumber} can only be looked up with credentials`,
      "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or give the webhook's URL",
    );
  }
  const urls = twilioUrl === undefined ? {} : { baseUrl: twilioUrl, monitorUrl: twilioUrl };
  return readNumber(phoneNumber, twilioRest({ accountSid, authToken, clock, ...urls }));
}

/** What a run has found, and what it was found in. */
interface Examined {
  readonly report: DoctorReport;
  readonly kind: "webhook" | "stream";
  readonly first: DoctorCall | undefined;
}

async function run(wanted: DoctorArgs, target: string, checks: readonly DoctorCheck[], trace: Trace, io: DoctorIo): Promise<Examined> {
  const say = await readSay(wanted.say, io);
  const trust = doctorTrust(wanted.ca, wanted.insecure, io.environment);
  const startedMs = io.clock.nowMs();
  const given = optionsOf(wanted, target, io);
  const number: NumberFacts | undefined = target.startsWith("+") ? await lookUpNumber(target, given.authToken, io) : undefined;
  const conclude = (findings: readonly Finding[], shown: string): DoctorReport => {
    const ms = io.clock.nowMs() - startedMs;
    return {
      version,
      runtime: runtimeVersion,
      target: withoutCredentials(shown),
      ms,
      strict: wanted.strict,
      conclusion: deduce(findings),
      findings,
    };
  };
  if (number !== undefined && number.webhook === undefined) {
    return { report: conclude(number.findings, target), kind: "webhook", first: undefined };
  }
  const options =
    number?.webhook === undefined ? given : { ...given, target: number.webhook.url, method: number.webhook.method, mayTurnToGet: false };
  const world: DoctorWorld = {
    clock: io.clock,
    random: io.random,
    trust,
    progress: (text) => {
      if (io.showsProgress) io.talk(`voice: ${text}\n`);
    },
    trace: (entry) => {
      if (wanted.trace !== undefined) trace.add(entry);
    },
  };
  const shown = withoutCredentials(options.target);
  io.talk(`voice: calling ${shown} as Twilio would: this may cost money and act, for the model at the far side answers\n`);
  const evidence = await examine(options, say, world);
  const findings = [...(number?.findings ?? []), ...judgeAll(checks, evidence)];
  return { report: conclude(findings, options.target), kind: evidence.target.kind, first: evidence.calls[0] };
}

/** A URL as it may be shown. */
function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1");
}

/** Runs the doctor. Resolves with the exit code: 0 no errors, 1 some, 3 not reached, or not let in; throws a {@link UsageError} on wrong use. */
export async function doctor(args: readonly string[], io: DoctorIo = realIo()): Promise<number> {
  const wanted = readDoctorArgs(args, io.tell);
  if (wanted === undefined) return 0;
  const checks = chosenChecks(wanted);
  if (wanted.list || wanted.target === undefined) {
    io.tell(listText(checks));
    return 0;
  }
  const trace = new Trace();
  const { report, kind, first } = await run(wanted, wanted.target, checks, trace, io);
  io.tell(wanted.json ? doctorJson(report) : doctorText(report, io.colors));
  if (wanted.junit !== undefined) await writeOrExplain(io, wanted.junit, doctorJunit(report));
  const sound = first === undefined ? undefined : doctorWav(first);
  if (wanted.wav !== undefined && sound !== undefined) await writeOrExplain(io, wanted.wav, sound);
  if (wanted.wav !== undefined && sound === undefined) io.talk(`voice: ${wanted.wav} is not written: there was no stream\n`);
  if (wanted.trace !== undefined) await writeOrExplain(io, wanted.trace, trace.text());
  return exitCodeOf(report.findings, report.conclusion, kind, wanted.strict);
}

/** The lines of a trace, up to a bound. */
class Trace {
  readonly #lines: string[] = [];
  #chars = 0;

  add(entry: Readonly<Record<string, unknown>>): void {
    if (this.#chars > MAX_TRACE_CHARS) return;
    const line = JSON.stringify(entry, (_key, value: unknown) =>
      value instanceof Uint8Array ? { base64: Buffer.from(value).toString("base64") } : value,
    );
    this.#chars += line.length;
    this.#lines.push(`${line}\n`);
  }

  text(): string {
    return this.#lines.join("");
  }
}

async function writeOrExplain(io: DoctorIo, path: string, bytes: string | Uint8Array): Promise<void> {
  try {
    await io.write(path, bytes);
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${(error as Error).message}`, "name a file in a folder that is there");
  }
}
