// The process that calls are to reach: a voice that listens on the configured port already, or one that is started
// for as long as the check takes. It is known by its instance, a random name that /healthz and the 101 of a stream
// tell (server/http/health.ts).

import { builtInModel } from "../adapters/built-in-model.ts";
import { noStore } from "../adapters/store.ts";
import type { Config } from "../config/config.ts";
import type { Platform } from "../platform/seam.ts";
import { isObject, parseJson } from "../protocol/fields.ts";
import type { Finding } from "../report/finding.ts";
import { startVoice } from "../server/start.ts";
import type { HttpAnswer } from "../simulators/twilio/webhook-answer.ts";
import { get, type RequestWorld } from "./requests.ts";
import { checkFinding } from "./requirements.ts";

/** The process, or that there is none to look for. */
export interface LocalVoice {
  /** Undefined: nothing of ours is on that port. */
  readonly instance: string | undefined;
  readonly finding: Finding;
  /** Ends what was started for the check; a voice that ran already is left alone. */
  stop(): Promise<void>;
}

/** The instance that an answer to GET /healthz tells; undefined when it is not voice's. */
export function instanceOf({ status, body }: HttpAnswer): string | undefined {
  const json = parseJson(new TextDecoder().decode(body));
  const instance = isObject(json) ? json["instance"] : undefined;
  return status === 200 && typeof instance === "string" && instance !== "" ? instance : undefined;
}

/** Where this machine reaches what listens on the address: "every interface" is reached by loopback. */
export function localUrl(host: string, port: number): string {
  const reached = { "0.0.0.0": "127.0.0.1", "::": "::1" }[host] ?? host;
  return `http://${reached.includes(":") ? `[${reached}]` : reached}:${port}`;
}

const nobody = { instance: undefined, stop: async () => {} };

/** Finds it, or starts one. Its finding is good, or says what is in the way. */
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
    const actual = `${url} cannot be asked: ${answer.detail}`;
    return {
      ...nobody,
      finding: checkFinding("server.local", { level: "error", actual, fix: "check HOST and PORT, and what listens there" }),
    };
  }
  const instance = instanceOf(answer);
  if (instance !== undefined)
    return { ...nobody, instance, finding: checkFinding("server.local", { level: "ok", actual: `voice is running on ${url}` }) };
  const actual = `something that is not voice answers on ${url}, with HTTP ${answer.status}`;
  return { ...nobody, finding: checkFinding("server.local", { level: "error", actual, fix: "stop it, or set PORT to another one" }) };
}

/**
 * Starts one on the configured port, with the built-in agent, so that nothing is spent; whoever calls meanwhile is
 * answered, and heard out with words.
 */
async function start(config: Config, platform: Pick<Platform, "listen" | "runtimeVersion">, world: RequestWorld): Promise<LocalVoice> {
  const { clock } = world;
  try {
    const quiet: Config = { ...config, alertUrl: undefined };
    const voice = startVoice({ config: quiet, platform, clock, log: () => {}, store: noStore, dialler: builtInModel(clock) });
    const answer = await get(`${localUrl(config.host, voice.port)}/healthz`, world);
    const actual = `no voice was running: one listens on port ${voice.port} while this check lasts`;
    return {
      instance: "failure" in answer ? undefined : instanceOf(answer),
      finding: checkFinding("server.local", { level: "ok", actual }),
      stop: () => voice.drain(0),
    };
  } catch (error) {
    const actual = `cannot listen on ${config.host} port ${config.port}: ${(error as Error).message}`;
    return {
      ...nobody,
      finding: checkFinding("server.local", { level: "error", actual, fix: "try another HOST or PORT; ports below 1024 are for root" }),
    };
  }
}
