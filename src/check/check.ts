// `voice check`: tests what start-up cannot check, because it takes requests to OpenAI, Twilio and PUBLIC_URL, which
// the server itself never makes. One file for each service.

import { randomBytes } from "node:crypto";
import process from "node:process";
import * as realPlatform from "#platform";
import { realClock } from "../adapters/clock.ts";
import { modelSocket } from "../adapters/model-socket.ts";
import { findRecordsProblem } from "../adapters/records-file.ts";
import { twilioRest } from "../adapters/twilio-rest.ts";
import type { Agent, AgentBook, ModelChoice } from "../config/agents/agent.ts";
import type { Config } from "../config/config.ts";
import type { Platform } from "../platform/seam.ts";
import { type ExitCode, exitCodeOf, type Finding, type Report } from "../report/finding.ts";
import { jsonReport } from "../report/json.ts";
import { junitReport } from "../report/junit.ts";
import { type OpenFile, openFile } from "../report/write-file.ts";
import { sessionFor } from "../server/calls/call-agent.ts";
import { startNotes } from "../server/start-notes.ts";
import type { NetworkFailure } from "../simulators/twilio/webhook-answer.ts";
import { version } from "../version.ts";
import { agentsText } from "./agents-text.ts";
import { findLocalVoice } from "./local-voice.ts";
import { checkModels } from "./model-listing.ts";
import { checkSession } from "./model-session.ts";
import { checkPublicAddress } from "./public-address.ts";
import type { RequestWorld } from "./requests.ts";
import { checkFinding, settingFinding } from "./requirements.ts";
import { checkText } from "./terminal.ts";
import { checkTwilio } from "./twilio-account.ts";

export interface CheckOptions {
  readonly json: boolean;
  /** File for JUnit XML. */
  readonly junit: string | undefined;
  /** Has the model say a word, which costs a fraction of a cent. */
  readonly speak: boolean;
}

export interface CheckIo extends RequestWorld {
  readonly platform: Pick<Platform, "listen" | "runtimeVersion" | "dial">;
  /** Writes the result, to stdout. */
  print(text: string): void;
  readonly openFile: OpenFile;
  readonly colors: boolean;
  /** Replaces the origin of Twilio's REST API; only tests set it. */
  readonly twilioUrl?: string;
}

const realIo: CheckIo = {
  platform: realPlatform,
  clock: realClock(),
  random: randomBytes,
  trust: {},
  print: (text) => void process.stdout.write(text),
  openFile,
  colors: process.stdout.isTTY === true && process.stdout.hasColors(), // false with NO_COLOR, https://no-color.org
};

/** Tests everything at the same time. Rejects with a UsageError, before that, when the file cannot be written. */
export async function check(config: Config, { json, junit, speak }: CheckOptions, io: CheckIo = realIo): Promise<ExitCode> {
  const writeJunit = junit === undefined ? undefined : await io.openFile(junit, "public");
  const startedMs = io.clock.nowMs();
  const tests = [checkAgents(config, speak, io), checkAddress(config, io), checkAccount(config, io)];
  const findings = withoutNetwork([
    ...missingSettings(config, io, await findRecordsProblem(config.recordsFile)),
    ...(await Promise.all(tests)).flat(),
  ]);
  const report: Report = {
    tool: "check",
    version,
    runtime: io.platform.runtimeVersion,
    startedAt: new Date(startedMs).toISOString(),
    durationMs: io.clock.nowMs() - startedMs,
    exitCode: exitCodeOf(findings),
    findings,
  };
  io.print(json ? jsonReport(report) : [...agentsText(config.agents), checkText(report, io.colors)].join("\n"));
  await writeJunit?.(junitReport(report, { strict: false }));
  return report.exitCode;
}

/** Failures to connect that a host without network has for every address. */
const networkFailures: readonly (string | undefined)[] = ["dns", "unreachable", "connectTimeout"] satisfies readonly NetworkFailure[];

/** Where no service at all could be reached, PUBLIC_URL is not known to be wrong either: this host has no network. */
function withoutNetwork(findings: readonly Finding[]): readonly Finding[] {
  const elsewhere = findings.filter(({ stage, level }) => (stage === "model" || stage === "account") && level !== "untested");
  if (elsewhere.length === 0 || elsewhere.some(({ level }) => level !== "unreachable")) return findings;
  const fix = { text: "connect this host to the network, then run the check again: nothing could be reached from it" };
  return findings.map((one) =>
    one.stage === "address" && networkFailures.includes(one.cause) ? { ...one, level: "unreachable", fix } : one,
  );
}

/** What the server would log at start-up about settings that are missing. */
function missingSettings(config: Config, { platform }: CheckIo, recordsProblem: string | undefined): readonly Finding[] {
  const { runtimeVersion } = platform;
  const notes = startNotes({ config, agentName: "", port: config.port, version, runtimeVersion, recordsProblem });
  return notes.flatMap(({ event, level, fields }) => {
    if (event !== "config.advised") return [];
    const outcome = {
      level: level === "info" || level === "error" ? level : "warning",
      actual: String(fields["effect"]),
      fix: String(fields["fix"]),
    } as const;
    return [settingFinding(String(fields["setting"]), outcome)];
  });
}

/** Each model of each agent, except those that differ from one before only by the agent's words. */
async function checkAgents({ agents: book }: Config, speak: boolean, io: CheckIo): Promise<readonly Finding[]> {
  const trials = book.agents.flatMap((agent) => agent.models.map((model) => ({ agent, model })));
  const sessionOf = ({ agent: { voice, speed, hearing }, model }: (typeof trials)[number]): string => {
    return JSON.stringify([model, voice, speed, hearing.turn, hearing.noise, hearing.transcriptionModel]);
  };
  const distinct = [...new Map(trials.map((trial) => [sessionOf(trial), trial])).values()];
  const findings = await Promise.all(
    distinct.map(async ({ agent, model }) => {
      const found = await checkModel(agent, model, book, speak, io);
      const name = `${agent.name}, ${model.type === "openai" ? model.model : "the built-in agent"}`;
      return distinct.length === 1 ? found : found.map((one) => ({ ...one, actual: `${name}: ${one.actual}` }));
    }),
  );
  return findings.flat();
}

async function checkModel(
  agent: Agent,
  model: ModelChoice,
  book: AgentBook,
  speak: boolean,
  { clock, platform }: CheckIo,
): Promise<readonly Finding[]> {
  if (model.type === "builtIn")
    return [checkFinding("openai.model", { level: "untested", actual: "OPENAI_API_KEY is not set: there is no model to test" })];
  const dialler = modelSocket(model, clock, platform.dial);
  const session = sessionFor(agent, book, { from: "", to: "" }, clock.nowMs(), model);
  const listing = checkModels(model, session.transcriptionModel ?? null, clock.nowMs());
  return (await Promise.all([listing, checkSession(session, dialler, clock, speak)])).flat();
}

async function checkAddress(config: Config, io: CheckIo): Promise<readonly Finding[]> {
  const local = await findLocalVoice(config, io.platform, io);
  try {
    return [local.finding, ...(await checkPublicAddress(config, local.instance, io))];
  } finally {
    await local.stop();
  }
}

function checkAccount(config: Config, { clock, twilioUrl }: CheckIo): Promise<readonly Finding[]> {
  const { accountSid, twilioAuthToken: authToken } = config;
  const baseUrl = twilioUrl === undefined ? {} : { baseUrl: twilioUrl };
  const rest = accountSid === undefined || authToken === undefined ? undefined : twilioRest({ accountSid, authToken, clock, ...baseUrl });
  return checkTwilio(config, rest);
}
