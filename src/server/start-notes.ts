// What the server says when it starts: who answers, where, what to paste into Twilio, and what is missing. Pure: serve.ts says it.

import type { Effect, LogLevel } from "../call/effects.ts";
import type { AgentConfig, Config } from "../config/config.ts";
import { callsWithin } from "./open-files.ts";

/** One thing to say: a log line for machines, and `text` for people. */
export type StartNote = Extract<Effect, { type: "log" }> & { readonly text: string };

/** What the notes are about. */
export interface Started {
  readonly config: Config;
  /** As the dialler is named. */
  readonly agentName: string;
  readonly port: number;
  readonly version: string;
  readonly runtimeVersion: string;
  /** Files that the process may have open; undefined: as many as it likes, or nobody knows. */
  readonly openFiles?: number | undefined;
}

/** Who really answers: whoever cannot tell Twilio from strangers must not spend the owner's money on them. */
export function agentFor({ agent, twilioAuthToken, allowUnsigned }: Config): AgentConfig {
  return twilioAuthToken === undefined && !allowUnsigned ? { type: "builtIn" } : agent;
}

/** The notes, in the order to say them: first who answers. */
export function startNotes(started: Started): readonly StartNote[] {
  const { config, agentName, port, version, runtimeVersion } = started;
  const { host } = config;
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const paste = `${config.publicUrl ?? "https://<the host under which Twilio reaches this server>"}/twilio/voice`;
  const console_ = "Phone Numbers > your number > Voice > A call comes in: Webhook, HTTP POST";
  return [
    {
      type: "log",
      level: "info",
      event: "server.started",
      fields: { agent: agentName, address, version, runtime: runtimeVersion },
      text: `CALLS ARE ANSWERED BY ${agentName.toUpperCase()}\nvoice ${version} on ${runtimeVersion} listens on ${address}`,
    },
    {
      type: "log",
      level: "info",
      event: "server.webhook",
      fields: { paste, where: console_ },
      text: `Paste into Twilio's console (${console_}):\n  ${paste}`,
    },
    ...missing(config, started.openFiles),
  ];
}

function missing(config: Config, openFiles: number | undefined): readonly StartNote[] {
  const { twilioAuthToken, allowUnsigned, publicUrl, agent, maxCalls } = config;
  const notes: StartNote[] = [];
  const lack = (level: LogLevel, setting: string, effect: string, fix: string): void => {
    notes.push({ type: "log", level, event: "config.missing", fields: { setting, effect, fix }, text: `${setting}: ${effect}; ${fix}` });
  };
  if (twilioAuthToken === undefined && allowUnsigned) {
    const effect = "not set, and unsigned requests are taken: anybody who reaches this port can call";
    lack("warning", "TWILIO_AUTH_TOKEN", effect, "set it, and drop --allow-unsigned");
  } else if (twilioAuthToken === undefined) {
    lack(
      "warning",
      "TWILIO_AUTH_TOKEN",
      "not set: only callers on this machine are taken, and the built-in agent answers them",
      "set it to take calls",
    );
  }
  if (agent.type === "builtIn") {
    lack("warning", "OPENAI_API_KEY", "not set: the built-in agent answers, which repeats what it hears", "set it for a model");
  } else if (agentFor(config).type === "builtIn") {
    lack("warning", "OPENAI_API_KEY", "set, and not used: without TWILIO_AUTH_TOKEN the built-in agent answers", "set TWILIO_AUTH_TOKEN");
  }
  if (publicUrl === undefined && twilioAuthToken !== undefined) {
    lack("info", "PUBLIC_URL", "not set: taken from each request's headers", "set it if signatures do not fit");
  }
  if (openFiles !== undefined && callsWithin(openFiles) < maxCalls) {
    const effect = `${maxCalls}, but the ${openFiles} files that this process may have open carry ${callsWithin(openFiles)} calls`;
    lack("warning", "VOICE_MAX_CALLS", effect, "raise the limit: ulimit -n, or LimitNOFILE= in the unit");
  }
  if (config.transferTo === undefined) {
    lack("debug", "VOICE_TRANSFER_TO", "not set: who cannot be helped hears a sentence", "set it to a number or a sip: address");
  }
  if (config.alertUrl === undefined) {
    lack("debug", "VOICE_ALERT_URL", "not set: only the log tells of calls that failed", "set it to an https address");
  }
  if (config.envFileIgnored) {
    lack("warning", ".env", "lies here and is not read", "name it by --env-file .env");
  }
  return notes;
}
