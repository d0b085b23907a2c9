// The agent that the settings describe: it answers every number when there is no voice.toml.

import type { Agent, AgentBook, ModelChoice } from "./agent.ts";
import { usualPrivacy } from "./privacy.ts";

/** What the settings say of the agent. */
export interface AgentSettings {
  readonly model: ModelChoice;
  readonly instructions: string;
  /** Instruction for the first response. */
  readonly greeting: string;
  readonly voice: string;
  /** Null: callers are not transcribed. */
  readonly transcriptionModel: string | null;
}

/** What the agents of voice.toml have when it says nothing else. */
export interface AgentDefaults {
  readonly agent: Agent;
  /** For secrets that the file names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The key and the server of models that name none. */
  readonly apiKey: string | undefined;
  readonly realtimeUrl: string;
  /** Other servers than OpenAI's are not asked to transcribe unless a setting says so. */
  transcriptionModel(realtimeUrl: string): string | null;
}

/** The defaults of the Realtime API, written out: https://developers.openai.com/api/docs/guides/realtime-vad */
export const usualTurn = { type: "server", threshold: 0.5, silenceMs: 500, prefixMs: 300 } as const;

export function agentOfSettings({ model, instructions, greeting, voice, transcriptionModel }: AgentSettings): Agent {
  return {
    name: "agent",
    instructions,
    models: [model],
    languages: [],
    greeting: { type: "instruct", instructions: greeting },
    voice,
    speed: 1,
    hearing: { turn: usualTurn, noise: "near_field", keywords: [], transcriptionModel },
    patience: { idle: undefined, duration: undefined },
    budget: { perCallUsd: undefined, perDayUsd: undefined },
    tools: [],
    keys: {},
    canHangUp: false,
    canSendDigits: false,
    digits: [],
    transfers: [],
    onFailure: undefined,
  };
}

/** One agent for every number and every caller. */
export function bookOfSettings(settings: AgentSettings): AgentBook {
  return Object.freeze({
    file: undefined,
    agents: [agentOfSettings(settings)] as const,
    numbers: new Map(),
    callers: { deny: [], perNumber: undefined, anonymous: "take" },
    privacy: usualPrivacy,
    afterCall: undefined,
    prices: new Map(),
  } satisfies AgentBook);
}
