// The voice that calls should reach: one that is running on the configured port, or a temporary one started for the
// check. It is recognised by its instance, a random name in /healthz and in the 101 of a stream
// (server/http/health.ts).

import { builtInModel } from "../adapters/built-in-model.ts";
import { noStore } from "../adapters/records-file.ts";
import type { Config } from "../config/config.ts";
import type { Platform } from "../platform/seam.ts";
import { isObject, parseJson } from "../protocol/fields.ts";
import type { Finding } from "../report/finding.ts";
import { localUrl } from "../server/local-url.ts";
import { startVoice } from "../server/start.ts";
import type { HttpAnswer } from "../simulators/twilio/webhook-answer.ts";
import { get, type RequestWorld } from "./requests.ts";
import { checkFinding } from "./requirements.ts";

export interface LocalVoice {
  /** Undefined: no voice is on that port. */
  readonly instance: string | undefined;
  readonly finding: Finding;
  /** Stops a temporary voice; a running one is left alone. */
  stop(): Promise<void>;
}

/** The instance in an answer to GET /healthz; undefined when it is not from voice. */
export function instanceOf({ status, body }: HttpAnswer): string | undefined {
  const json = parseJson(new TextDecoder().decode(body));
  const instance = isObject(json) ? json["instance"] : undefined;
  return status === 200 && typeof instance === "string" && instance !== "" ? instance : undefined;
}

const none = { instance: undefined, stop: async () => {} };

/** Starts a temporary voice where none is running. Never rejects. */
export async function findLocalVoice(
  config: Config,
  platform: Pick<Platform, "listen" | "runtimeVersion">,
  world: RequestWorld,
): Promise<LocalVoice> {
  if (config.port === 0) return start(config, platform, world);
  const url = localUrl(config.host, config.port);
  const answer = await get(`${url}/healthz`, world);
  if ("failure" in answer) {
    if (answer.failure === "refused") return start(config, platform, world);
    const actual = `${url} does not answer: ${answer.detail}`;
    return {
      ...none,
      finding: checkFinding("server.local", { level: "error", actual, fix: "check HOST and PORT, and the program that listens there" }),
    };
  }
  const instance = instanceOf(answer);
  if (instance !== undefined)
    return { ...none, instance, finding: checkFinding("server.local", { level: "ok", actual: `voice is running on ${url}` }) };
  const actual = `another program answers on ${url}, with HTTP ${answer.status}`;
  return { ...none, finding: checkFinding("server.local", { level: "error", actual, fix: "stop it, or set PORT to another port" }) };
}

/**
 * Starts a temporary voice on the configured port. It has the built-in agent, so that a call that comes in meanwhile
 * costs nothing and is answered.
 */
async function start(config: Config, platform: Pick<Platform, "listen" | "runtimeVersion">, world: RequestWorld): Promise<LocalVoice> {
  const { clock } = world;
  try {
    const quiet: Config = { ...config, alertUrl: undefined };
    const voice = startVoice({ config: quiet, platform, clock, log: () => {}, store: noStore, diallerFor: () => builtInModel(clock) });
    const answer = await get(`${localUrl(config.host, voice.port)}/healthz`, world);
    const actual = `no voice was running; a temporary one listens on port ${voice.port} during the check`;
    return {
      instance: "failure" in answer ? undefined : instanceOf(answer),
      finding: checkFinding("server.local", { level: "ok", actual }),
      stop: () => voice.drain(0),
    };
  } catch (error) {
    const actual = `cannot listen on ${config.host} port ${config.port}: ${(error as Error).message}`;
    return {
      ...none,
      finding: checkFinding("server.local", {
        level: "error",
        actual,
        fix: "set HOST or PORT to another value; ports below 1024 need root",
      }),
    };
  }
}
