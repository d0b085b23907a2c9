// `voice check`: tests what a start cannot know, each matter with what to do about it. Nobody else ever asks these addresses: the server never does.
// What is looked at: check/*.ts.

import { randomBytes } from "node:crypto";
import process from "node:process";
import * as realPlatform from "#platform";
import { realClock } from "../adapters/clock.ts";
import { modelSocket } from "../adapters/model-socket.ts";
import { twilioRest } from "../adapters/twilio-rest.ts";
import type { Config } from "../config/config.ts";
import type { Platform } from "../platform/seam.ts";
import { startNotes } from "../server/start-notes.ts";
import { version } from "../version.ts";
import { exitCode, type Finding, jsonReport, textReport } from "./findings.ts";
import { findLocalVoice } from "./local-voice.ts";
import { checkModels } from "./model-listing.ts";
import { checkSession } from "./model-session.ts";
import { checkPublicAddress } from "./public-address.ts";
import type { RequestWorld } from "./requests.ts";
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
  tell(text: string): void;
  readonly colors: boolean;
  /** Another place for Twilio's API: tests have one of their own. */
  readonly twilioUrl?: string;
}

const world: CheckIo = {
  platform: realPlatform,
  clock: realClock(),
  random: randomBytes,
  trust: {},
  tell: (text) => void process.stdout.write(text),
  colors: process.stdout.isTTY === true && process.stdout.hasColors(), // false with NO_COLOR, https://no-color.org
};

/** Runs every check, side by side. Resolves with the exit code: 0 when nothing is wrong, 1 when something is, 3 when something could not be reached. */
export async function check(config: Config, { json, speak }: CheckArgs, io: CheckIo = world): Promise<number> {
  const areas = await Promise.all([checkModel(config, speak, io), checkAddress(config, io), checkAccount(config, io)]);
  const findings = [...missing(config, io), ...areas.flat()];
  const checked = { version, runtime: io.platform.runtimeVersion, findings };
  io.tell(json ? jsonReport(checked) : textReport(checked, io.colors));
  return exitCode(findings);
}

/** What the server would say at its start of settings that are missing. */
function missing(config: Config, { platform }: CheckIo): readonly Finding[] {
  const notes = startNotes({ config, agentName: "", port: config.port, version, runtimeVersion: platform.runtimeVersion });
  return notes.flatMap(({ event, level, fields }) => {
    if (event !== "config.missing") return [];
    const verdict = level === "info" ? "skipped" : "warning";
    return [{ id: `setting.${fields["setting"]}`, verdict, what: String(fields["effect"]), fix: String(fields["fix"]) }];
  });
}

async function checkModel(config: Config, speak: boolean, { clock, platform }: CheckIo): Promise<readonly Finding[]> {
  const { agent, transcriptionModel } = config;
  if (agent.type === "builtIn")
    return [{ id: "openai.model", verdict: "skipped", what: "without OPENAI_API_KEY there is no model to try" }];
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
