// Looks up the key and the models in the REST API: a Realtime session would show a wrong model only at its first
// response.
// Follows https://developers.openai.com/api/reference/resources/models

import OpenAI from "openai";
import type { OpenAiModel } from "../adapters/model-socket.ts";
import { boundedBody } from "../protocol/http/bounded-body.ts";
import { modelErrorFix } from "../protocol/realtime/errors.ts";
import { describeRefusal, readRefusal } from "../protocol/realtime/refusal.ts";
import type { Finding } from "../report/finding.ts";
import { checkFinding, type Outcome } from "./requirements.ts";

/** Of one look-up. The client's default, 10 minutes, is meant for long completions. */
const TIMEOUT_MS = 8_000;
/** A model that is shut down within this time is a warning. */
const SOON_MS = 90 * 86_400_000;

/** An entry of a model has some hundred bytes; a proxy's page may be of any size. */
const MAX_ANSWER_BYTES = 262_144;

const boundedFetch: typeof fetch = Object.assign(
  async (...[url, init]: Parameters<typeof fetch>) => {
    // The client's own timeout ends with the headers.
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const response = await fetch(url, { ...init, signal });
    const { status, statusText, headers } = response;
    return new Response(boundedBody(response.body, MAX_ANSWER_BYTES), { status, statusText, headers });
  },
  { preconnect: () => {} },
);

/** The REST API's base URL of the Realtime URL: wss://host/v1/realtime is https://host/v1. */
export function restUrl(realtimeUrl: string): string {
  return realtimeUrl.replace(/^ws/, "http").replace(/\/realtime$/, "");
}

interface Lookup {
  readonly id: "openai.model" | "openai.transcription";
  readonly setting: string;
  readonly model: string;
}

/** Looks up both models; `nowMs` since the Unix epoch. Never rejects. */
export function checkModels(agent: OpenAiModel, transcriptionModel: string | null, nowMs: number): Promise<readonly Finding[]> {
  const client = new OpenAI({
    apiKey: agent.apiKey,
    baseURL: restUrl(agent.realtimeUrl),
    // Calls send neither, so the look-up must not: it would answer for another project.
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: TIMEOUT_MS,
    fetchOptions: { redirect: "manual" }, // the key goes to this host only
    fetch: boundedFetch,
    logLevel: "off",
  });
  const lookups: readonly Lookup[] = [
    { id: "openai.model", setting: "OPENAI_MODEL", model: agent.model },
    ...(transcriptionModel === null
      ? []
      : [{ id: "openai.transcription" as const, setting: "OPENAI_TRANSCRIPTION_MODEL", model: transcriptionModel }]),
  ];
  return Promise.all(lookups.map((one) => lookUp(client, agent, one, nowMs)));
}

async function lookUp(client: OpenAI, agent: OpenAiModel, { id, setting, model }: Lookup, nowMs: number): Promise<Finding> {
  try {
    const { shutdown_date: shutdown } = await client.models.retrieve(model);
    return checkFinding(id, judgeShutdown(model, setting, typeof shutdown === "string" ? shutdown : undefined, nowMs));
  } catch (error) {
    return checkFinding(id, judgeError(error, agent, model, nowMs));
  }
}

function judgeShutdown(model: string, setting: string, shutdown: string | undefined, nowMs: number): Outcome {
  if (shutdown === undefined) return { level: "ok", actual: `the key is valid, and ${model} is available` };
  const leftMs = Date.parse(shutdown) - nowMs;
  const day = shutdown.slice(0, 10);
  const fix = `set ${setting} to a newer model: https://developers.openai.com/api/docs/deprecations`;
  if (leftMs < 0) return { level: "error", actual: `${model} was shut down on ${day}`, fix };
  const actual = `the key is valid, and ${model} is available until ${day}`;
  return leftMs < SOON_MS ? { level: "warning", actual, fix } : { level: "ok", actual };
}

function judgeError(error: unknown, { realtimeUrl, apiKey }: OpenAiModel, model: string, nowMs: number): Outcome {
  const host = new URL(realtimeUrl).host;
  const fix = `check this host's connection to ${host} (DNS, firewall, HTTPS_PROXY), and https://status.openai.com`;
  // Timeouts and broken connections are APIErrors without a status.
  if (!(error instanceof OpenAI.APIError) || error.status === undefined) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    return { level: "unreachable", actual: `${host} could not be reached: ${why}`, fix };
  }
  const headers = Object.fromEntries(error.headers ?? []);
  const refusal = readRefusal(error.status, { headers, body: JSON.stringify({ error: error.error ?? {} }) }, apiKey, nowMs);
  const actual = `${model} could not be looked up: HTTP ${error.status}, ${describeRefusal(refusal)}`;
  // Servers that only speak the Realtime protocol have no list of models: openai.session shows whether this one works.
  if (error.status === 404 && !isOpenAi(host))
    return { level: "warning", actual, fix: "this server has no list of models; see openai.session" };
  if (error.status >= 500) return { level: "unreachable", actual, fix };
  return { level: "error", actual, fix: modelErrorFix(refusal.code, error.status) ?? fix };
}

/** OpenAI's own hosts: api.openai.com and regional ones, such as eu.api.openai.com. */
function isOpenAi(host: string): boolean {
  return /(^|\.)api\.openai\.com$/.test(host);
}
