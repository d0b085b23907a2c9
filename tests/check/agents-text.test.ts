// The agents as `voice check` shows them: everything that decides who answers, and no key.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { agentsText } from "../../src/check/agents-text.ts";
import type { AgentBook, HttpTool } from "../../src/config/agents/agent.ts";
import { usualPrivacy } from "../../src/config/agents/privacy.ts";
import { scriptTransfers } from "../call/script-transfers.ts";
import { agentsWith } from "../server/fakes.ts";

const one = agentsWith({ type: "openai", apiKey: "sk-secret-key", model: "m", realtimeUrl: "wss://voice.example.com/v1/realtime" });
const [agent] = one.agents;
const tool: HttpTool = {
  name: "find_booking",
  description: "Finds a booking.",
  parameters: { type: "object" },
  method: "GET",
  url: "https://api.example.com/bookings/{{phone}}",
  headers: { Authorization: "Bearer sk-secret" },
  fields: {},
  body: "none",
  timeoutMs: 8_000,
  privateHosts: [],
  maxBytes: 8_192,
  keep: [],
};
const book: AgentBook = {
  file: "voice.toml",
  agents: [
    {
      ...agent,
      name: "day",
      models: [agent.models[0], { type: "builtIn" }],
      languages: ["en-US"],
      greeting: { type: "say", words: "Hello." },
      speed: 1.2,
      keys: { "9": { type: "hangUp" }, "*": { type: "repeat" }, "0": { type: "transfer", name: "desk" } },
      budget: { perCallUsd: 2, perDayUsd: 100 },
      patience: { idle: { ms: 8_000, say: "Hello?", times: 2 }, duration: { warnMs: undefined, maxMs: 1_800_000 } },
      tools: [tool],
      canHangUp: true,
      transfers: scriptTransfers.filter(({ name }) => name === "team" || name === "cold"),
      onFailure: "team",
    },
    { ...agent, name: "night", models: [{ type: "builtIn" }], greeting: { type: "wait" } },
  ],
  privacy: usualPrivacy,
  afterCall: undefined,
  numbers: new Map([
    ["+15550001111", { agent: "day", hours: undefined }],
    [
      "*",
      {
        agent: "day",
        hours: { timeZone: "UTC", open: [{ days: [1, 5], fromMinute: 540, toMinute: 1_020 }], closed: { type: "agent", agent: "night" } },
      },
    ],
  ]),
  callers: { deny: ["+1900"], perNumber: 2, anonymous: "reject" },
  prices: new Map(),
};

test("agentsText: agents, numbers and callers, without keys", () => {
  const lines = agentsText(book);
  assertEquals(lines, [
    "agents of voice.toml:",
    "  day: m at voice.example.com, voice marin at speed 1.2",
    "    when that fails: the built-in agent",
    "    languages: en-US",
    '    first words: says: "Hello."',
    "    a turn ends by 500 ms of silence; noise reduction: near_field; transcribed by: no model",
    "    tools: find_booking (GET api.example.com), hang_up",
    "    transfer to team: +1555***0001, then sip:desk@pbx.example.com, who press 1, 20 s each",
    "    transfer to cold: +1555***0001, cold, 20 s each",
    "    when a call cannot go on: transfer to team",
    "    keys: 0 transfers to desk, 9 hangs up, * repeats",
    '    a caller silent for 8 s is asked 2 times: "Hello?"',
    "    a call lasts at most 30 minutes",
    "    a call costs at most $2",
    "    all calls of a day cost at most $100",
    '    instructions, 9 characters: "Be brief."',
    "  night: the built-in agent, voice marin",
    "    languages: as the instructions say",
    "    first words: the caller speaks first",
    "    a turn ends by 500 ms of silence; noise reduction: near_field; transcribed by: no model",
    "    tools: none",
    '    instructions, 9 characters: "Be brief."',
    "numbers:",
    "  +15550001111: day",
    "  every other number: day, Mon,Fri 09:00-17:00 (UTC); at other times night",
    "callers:",
    "  rejected: +1900; withheld numbers: reject",
    "  calls at the same time from one number: 2",
    "past calls:",
    "  transcripts are kept 90 days, records 366 days",
    "  taken out of what is stored: nothing",
    "",
  ]);
  assert(!lines.join("").includes("sk-secret"));
});

test("agentsText: numbers that are not listed have the first agent; without voice.toml there is nothing to show", () => {
  assert(agentsText({ ...book, numbers: new Map() }).includes("  every number: day"));
  assertEquals(agentsText(one), []);
});
