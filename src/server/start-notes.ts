// What the server reports when it starts: who answers, the URL to paste into Twilio's console, and what is missing.
// Pure: serve.ts prints it.

import type { Effect, LogLevel } from "../call/effects.ts";
import type { Config } from "../config/config.ts";
import { usableModel } from "./calls/call-agent.ts";
import { maxCallsFor } from "./capacity.ts";
import { localUrl } from "./local-url.ts";

/** A log line for machines, and `text` for a terminal. */
export type StartNote = Extract<Effect, { type: "log" }> & { readonly text: string };

export interface StartFacts {
  readonly config: Config;
  /** The dialler's name. */
  readonly agentName: string;
  readonly port: number;
  readonly version: string;
  readonly runtimeVersion: string;
  /** For a terminal: logs in to the console, once. It must not get into a log. */
  readonly consoleLink?: string | undefined;
  /** How many files the process may have open; undefined: no limit, or unknown. */
  readonly openFileLimit?: number | undefined;
  /** Why VOICE_RECORDS cannot be written; undefined: it can, or is not set. */
  readonly recordsProblem?: string | undefined;
}

/** "127.0.0.1:8080", "[::1]:8080". */
export function addressOf(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The notes in the order to print them. The first says who answers. */
export function startNotes(facts: StartFacts): readonly StartNote[] {
  const { config, agentName, port, version, runtimeVersion } = facts;
  const { host } = config;
  const address = addressOf(host, port);
  const webhookUrl = `${config.publicUrl ?? "https://<this server's public host>"}/twilio/voice`;
  const program = runtimeVersion.startsWith("Deno") ? "deno task serve" : "./voice";
  const tryIt = `${program} doctor ${localUrl(host, port)}/twilio/voice --say me.wav --wav call.wav`;
  const token = config.twilioAuthToken === undefined ? "" : ", where TWILIO_AUTH_TOKEN is set too";
  const consolePath = "Phone Numbers > your number > Voice > A call comes in: Webhook, HTTP POST";
  return [
    {
      type: "log",
      level: "info",
      event: "server.started",
      fields: { agent: agentName, address, webhookUrl, tryIt, version, runtime: runtimeVersion },
      text: [
        ...(facts.consoleLink === undefined ? [] : [`TALK TO THE AGENT, AND SEE ITS CALLS: ${facts.consoleLink}`]),
        `CALLS ARE ANSWERED BY ${agentName.toUpperCase()}`,
        `voice ${version} on ${runtimeVersion} listens on ${address}`,
        `Paste into Twilio's console (${consolePath}):`,
        `  ${webhookUrl}`,
        `Or call it without a telephone, from a second terminal${token} (me.wav: what you say; call.wav: what was heard):`,
        `  ${tryIt}`,
      ].join("\n"),
    },
    ...missingSettings(config, facts),
  ];
}

function missingSettings(config: Config, { openFileLimit, recordsProblem }: StartFacts): readonly StartNote[] {
  const { twilioAuthToken, allowUnsigned, publicUrl, agents, maxCalls } = config;
  const [model] = agents.agents[0].models;
  const notes: StartNote[] = [];
  const note = (level: LogLevel, setting: string, effect: string, fix: string): void => {
    notes.push({ type: "log", level, event: "config.advised", fields: { setting, effect, fix }, text: `${setting}: ${effect}; ${fix}` });
  };
  if (twilioAuthToken === undefined && allowUnsigned) {
    const effect = "not set, and unsigned requests are accepted: anyone who can reach this port can call";
    note("warning", "TWILIO_AUTH_TOKEN", effect, "set it, and remove --allow-unsigned");
  } else if (twilioAuthToken === undefined) {
    const effect = "not set: only calls from this machine are accepted, and the built-in agent answers them";
    note("warning", "TWILIO_AUTH_TOKEN", effect, "set it to accept calls from Twilio");
  }
  if (model.type === "builtIn") {
    note("warning", "OPENAI_API_KEY", "not set: the built-in agent answers and repeats what it hears", "set it to use a model");
  } else if (usableModel(model, config).type === "builtIn") {
    note(
      "warning",
      "OPENAI_API_KEY",
      "used for calls from the console only: without TWILIO_AUTH_TOKEN the built-in agent answers all others",
      "set TWILIO_AUTH_TOKEN",
    );
  }
  if (publicUrl === undefined && twilioAuthToken !== undefined) {
    note("info", "PUBLIC_URL", "not set: the URL is taken from each request's headers", "set it if signatures do not match");
  }
  if (openFileLimit !== undefined && maxCallsFor(openFileLimit) < maxCalls) {
    const effect = `${maxCalls}, but the limit of ${openFileLimit} open files allows ${maxCallsFor(openFileLimit)} calls`;
    note("warning", "VOICE_MAX_CALLS", effect, "raise the limit with ulimit -n, or with LimitNOFILE= in the systemd unit");
  }
  if (recordsProblem !== undefined) {
    const effect = `${config.recordsFile} cannot be written, so calls are not recorded: ${recordsProblem}`;
    note("error", "VOICE_RECORDS", effect, "name a file in a folder that this user may write");
  }
  if (config.transferTo === undefined) {
    note("debug", "VOICE_TRANSFER_TO", "not set: on failure callers hear a sentence", "set it to a number or a sip: address");
  }
  if (config.alertUrl === undefined) {
    note("debug", "VOICE_ALERT_URL", "not set: failed calls are reported in the log only", "set it to an https URL");
  }
  if (config.envFileIgnored) {
    note("warning", ".env", "was found but not loaded", "load it with --env-file .env");
  }
  return notes;
}
