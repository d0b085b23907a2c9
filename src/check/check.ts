// `voice check`: tests what a start cannot know, each matter with what to do about it. Nobody else ever asks these
// addresses: the server never does. What is looked at: check/*.ts.

import { randomBytes } from "node:crypto";
import process from "node:process";
import * as realPlatform from "#platform";
import { realClock } from "../adapters/clock.ts";
import { modelSocket } from "../adapters/model-socket.ts";
import { twilioRest } from "../adapters/twilio-rest.ts";
import type { Config } from "../config/config.ts";
import type { Platform } from "../platform/seam.ts";
import { type ExitCode, exitCodeOf, type Finding, type Report } from "../report/finding.ts";
import { jsonReport } from "../report/json.ts";
import { startNotes } from "../server/start-notes.ts";
import { version } from "../version.ts";
import { findLocalVoice } from "./local-voice.ts";
import { checkModels } from "./model-listing.ts";
import { checkSession } from "./model-session.ts";
import { checkPublicAddress } from "./public-address.ts";
import type { RequestWorld } from "./requests.ts";
import { checkFinding, settingFinding } from "./requirements.ts";
import { checkText } from "./terminal.ts";
import { checkTwilio } from "./twilio-account.ts";

/** What the arguments say. */
export interface CheckArgs {
  readonly json: boolean;
  /** Have the model say a word, which costs a fraction of a cent. */
  readonly speak: boolean;
}

/** Where it tells, and what it reaches the world by. */
export interface CheckIo extends RequestWorld {
  readonly platform: Pick<Platform, "listen" | "runtimeVersion" | "dial">;
  /** Writes the result, to stdout. */
  print(text: string): void;
  readonly colors: boolean;
  /** Another place for Twilio's API: tests have one of their own. */
  readonly twilioUrl?: string;
}

const world: CheckIo = {
  platform: realPlatform,
  clock: realClock(),
  random: randomBytes,
  trust: {},
  print: (text) => void process.stdout.write(text),
  colors: process.stdout.isTTY === true && process.stdout.hasColors(), // false with NO_COLOR, https://no-color.org
};

/** Runs all checks at the same time. Resolves with the exit code. */
export async function check(config: Config, { json, speak }: CheckArgs, io: CheckIo = world): Promise<ExitCode> {
  const startedMs = io.clock.nowMs();
  const areas = await Promise.all([checkModel(config, speak, io), checkAddress(config, io), checkAccount(config, io)]);
  const findings = [...missingSettings(config, io), ...areas.flat()];
  const report: Report = {
    tool: "check",
    version,
    runtime: io.platform.runtimeVersion,
    startedAt: new Date(startedMs).toISOString(),
    durationMs: io.clock.nowMs() - startedMs,
    exitCode: exitCodeOf(findings),
    findings,
  };
  io.print(json ? jsonReport(report) : checkText(report, io.colors));
  return report.exitCode;
}

/** What the server would log at start-up about settings that are missing. */
function missingSettings(config: Config, { platform }: CheckIo): readonly Finding[] {
  const notes = startNotes({ config, agentName: "", port: config.port, version, runtimeVersion: platform.runtimeVersion });
  return notes.flatMap(({ event, level, fields }) => {
    if (event !== "config.missing") return [];
    const outcome = { level: level === "info" ? "info" : "warning", actual: String(fields["effect"]), fix: String(fields["fix"]) } as const;
    return [settingFinding(String(fields["setting"]), outcome)];
  });
}

async function checkModel(config: Config, speak: boolean, { clock, platform }: CheckIo): Promise<readonly Finding[]> {
  const { agent, transcriptionModel } = config;
  if (agent.type === "builtIn")
    return [checkFinding("openai.model", { level: "untested", actual: "OPENAI_API_KEY is not set: there is no model to test" })];
  const dialler = modelSocket(agent, clock, platform.dial);
  const listing = checkModels(agent, transcriptionModel, clock.nowMs());
  return (await Promise.all([listing, checkSession(config, dialler, clock, speak)])).flat();
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
