// What a line needs before people can call it, as the console's first page shows it: done, or how to do it.

import type { StoredCall } from "../../adapters/store/read-calls.ts";
import type { Config } from "../../config/config.ts";
import type { CurrentAgents } from "../auth/authenticate-webhook.ts";

export interface ChecklistItem {
  readonly name: string;
  readonly isDone: boolean;
  /** What is there, or what to do. */
  readonly detail: string;
}

export interface ChecklistFacts {
  readonly config: Pick<Config, "twilioAuthToken" | "publicUrl" | "stateFolder">;
  readonly agents: CurrentAgents;
  readonly lastCall: Pick<StoredCall, "from" | "endBy" | "endCause" | "createdMs"> | undefined;
}

export function checklist({ config, agents, lastCall }: ChecklistFacts): readonly ChecklistItem[] {
  const { twilioAuthToken, publicUrl } = config;
  const [model] = agents.book.agents[0].models;
  const item = (name: string, isDone: boolean, done: string, todo: string): ChecklistItem => ({
    name,
    isDone,
    detail: isDone ? done : todo,
  });
  const fromTwilio = lastCall !== undefined && !lastCall.from.startsWith("client:console");
  return [
    item(
      "A model",
      model.type !== "builtIn",
      model.type === "builtIn" ? "" : `${model.model} answers.`,
      "The built-in agent answers and repeats what it hears. Set OPENAI_API_KEY to use a model.",
    ),
    item(
      "Twilio's Auth Token",
      twilioAuthToken !== undefined,
      "Calls from Twilio are accepted.",
      "Set TWILIO_AUTH_TOKEN: it is on the first page of Twilio's console. Without it only this machine can call.",
    ),
    item(
      "A public address",
      publicUrl !== undefined,
      `${publicUrl}/twilio/voice is the number's webhook.`,
      "Set PUBLIC_URL to the https address under which the internet reaches this server, then run voice check.",
    ),
    item(
      "Who answers",
      agents.book.file !== undefined && agents.problem === undefined,
      `${agents.book.file} describes the agents.`,
      agents.problem ?? "Optional: voice init writes voice.toml, with agents, tools and opening hours.",
    ),
    item("A first call", fromTwilio, "Calls from the telephone network have come in.", "Call your number, or try the agent here."),
  ];
}
